import base64
import os
import uuid

import pytest

from common import crypto
from common.models import SubjectKey

pytestmark = pytest.mark.django_db


def test_round_trip_is_bound_to_person_and_row():
    key, other = crypto.subject_key_create(), crypto.subject_key_create()
    row = uuid.uuid4()
    sealed = crypto.encrypt(key, "Zoë".encode(), row)
    assert crypto.decrypt(key, sealed, row).decode() == "Zoë"
    for wrong in (
        lambda: crypto.decrypt(other, sealed, row),
        lambda: crypto.decrypt(key, sealed, uuid.uuid4()),
        lambda: crypto.decrypt(key, sealed[:-1] + bytes([sealed[-1] ^ 1]), row),
        lambda: crypto.decrypt(key, b"", row),
    ):
        with pytest.raises(crypto.DataUnreadable):
            wrong()


def test_destroyed_key_erases():
    key = crypto.subject_key_create()
    row = uuid.uuid4()
    sealed = crypto.encrypt(key, b"secret", row)
    crypto.subject_key_destroy(subject_key=key)
    with pytest.raises(crypto.PersonErased):
        crypto.decrypt(SubjectKey.objects.get(id=key.id), sealed, row)


def test_rotated_master_key_still_opens_old_keys(settings):
    key = crypto.subject_key_create()
    row = uuid.uuid4()
    sealed = crypto.encrypt(key, b"secret", row)
    settings.MASTER_KEYS = [base64.b64encode(os.urandom(32)).decode(), *settings.MASTER_KEYS]
    assert crypto.decrypt(key, sealed, row) == b"secret"
    settings.MASTER_KEYS = settings.MASTER_KEYS[:1]
    with pytest.raises(crypto.DataUnreadable):
        crypto.decrypt(key, sealed, row)
