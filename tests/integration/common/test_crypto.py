import base64
import os
import uuid
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from common import crypto
from common.models import LedgerEvent, SubjectKey

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


def test_rotation_wraps_every_key_anew_and_goes_on_where_it_stopped(settings, monkeypatch):
    keys, row = [crypto.subject_key_create() for _number in range(5)], uuid.uuid4()
    sealed = [crypto.encrypt(key, b"secret", row) for key in keys]
    crypto.subject_key_destroy(subject_key=crypto.subject_key_create())
    settings.MASTER_KEYS = [base64.b64encode(os.urandom(32)).decode(), *settings.MASTER_KEYS]
    with monkeypatch.context() as patch:
        stopped = iter([True, True, True, False])
        patch.setattr(crypto, "rewrap", lambda key, real=crypto.rewrap: real(key) if next(stopped) else 1 / 0)
        with pytest.raises(ZeroDivisionError):
            call_command("keys", "rotate", "--batch", "2")
    said = StringIO()
    call_command("keys", "verify", stdout=said)
    assert "3 keys still need an earlier master key" in said.getvalue()
    call_command("keys", "rotate", "--batch", "2", stdout=said)
    assert "3 keys wrapped anew. Every key opens with the first master key." in said.getvalue()
    settings.MASTER_KEYS = settings.MASTER_KEYS[:1]
    for key, content in zip(keys, sealed, strict=True):
        assert crypto.decrypt(SubjectKey.objects.get(id=key.id), content, row) == b"secret"
    assert sum(event.facts["wrapped_anew"] for event in LedgerEvent.objects.filter(action="keys.rotated")) == 5


def test_rotation_names_a_key_that_opens_with_no_master_key(settings):
    key = crypto.subject_key_create()
    settings.MASTER_KEYS = [base64.b64encode(os.urandom(32)).decode()]
    with pytest.raises(CommandError, match=str(key.id)):
        call_command("keys", "verify")
    with pytest.raises(crypto.DataUnreadable):
        call_command("keys", "rotate")


def test_what_was_written_before_during_and_after_a_rotation_reads(settings):
    """Also after a backup from before comes back, as long as the earlier master key is kept."""
    earlier, later = settings.MASTER_KEYS[:1], [base64.b64encode(os.urandom(32)).decode()]
    row, written = uuid.uuid4(), []

    def write():
        key = crypto.subject_key_create()
        written.append((key.id, crypto.encrypt(key, b"secret", row)))
        return key

    backup = bytes(write().wrapped_key)
    settings.MASTER_KEYS = [*later, *earlier]
    write()
    call_command("keys", "rotate")
    settings.MASTER_KEYS = later
    write()
    for key_id, sealed in written:
        assert crypto.decrypt(SubjectKey.objects.get(id=key_id), sealed, row) == b"secret"
    first, sealed = written[0]
    SubjectKey.objects.filter(id=first).update(wrapped_key=backup)
    with pytest.raises(CommandError, match=str(first)):
        call_command("keys", "verify")
    settings.MASTER_KEYS = [*later, *earlier]
    assert crypto.decrypt(SubjectKey.objects.get(id=first), sealed, row) == b"secret"
    call_command("keys", "rotate")
    settings.MASTER_KEYS = later
    assert crypto.decrypt(SubjectKey.objects.get(id=first), sealed, row) == b"secret"
