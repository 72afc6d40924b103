"""Personal data is encrypted with a key per person; the master key from the environment wraps those keys.

AES-256-GCM; the row's own id is bound in as associated data, so a ciphertext cannot be moved to another row.
"""

import base64
import os
import uuid

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django.utils.translation import gettext as _

from common.errors import PortalError
from common.models import SubjectKey

NONCE_BYTES = 12


class PersonErased(PortalError):
    status = 410
    code = "person_erased"


class DataUnreadable(PortalError):
    status = 500
    code = "data_unreadable"


def subject_key_create() -> SubjectKey:
    row = SubjectKey()
    row.wrapped_key = _seal(_master_keys()[0], AESGCM.generate_key(bit_length=256), row.id.bytes)
    row.save()
    return row


def subject_key_destroy(*, subject_key: SubjectKey) -> None:
    subject_key.wrapped_key = None
    subject_key.destroyed_at = timezone.now()
    subject_key.save(update_fields=["wrapped_key", "destroyed_at"])


def rewrap(subject_key: SubjectKey) -> bool:
    """Wrap with the master key in use; False when it is so already. The caller saves the row."""
    if opened_by(subject_key) == 0:
        return False
    subject_key.wrapped_key = _seal(_master_keys()[0], _unwrap(subject_key), subject_key.id.bytes)
    return True


def opened_by(subject_key: SubjectKey) -> int | None:
    """The place of the master key that opens it: 0 is the one in use, None when there is none."""
    wrapped = bytes(subject_key.wrapped_key or b"")
    for place, master in enumerate(_master_keys()):
        if _open(master, wrapped, subject_key.id.bytes) is not None:
            return place
    return None


def encrypt(subject_key: SubjectKey, plain: bytes, bound_to: uuid.UUID) -> bytes:
    return _seal(_unwrap(subject_key), plain, bound_to.bytes)


def decrypt(subject_key: SubjectKey, sealed: bytes, bound_to: uuid.UUID) -> bytes:
    plain = _open(_unwrap(subject_key), bytes(sealed), bound_to.bytes)
    if plain is None:
        raise DataUnreadable(_("The stored data was altered or belongs to another row."))
    return plain


def _unwrap(subject_key: SubjectKey) -> bytes:
    if subject_key.wrapped_key is None:
        raise PersonErased(_("This person's data was erased."))
    for master in _master_keys():
        key = _open(master, bytes(subject_key.wrapped_key), subject_key.id.bytes)
        if key is not None:
            return key
    raise DataUnreadable(_("The person's key does not open with the master key in use."))


def _master_keys() -> list[bytes]:
    """The key in use first, then the earlier ones that rotation has not yet replaced."""
    keys = [base64.b64decode(text) for text in settings.MASTER_KEYS]
    if not keys or any(len(key) != 32 for key in keys):
        raise ImproperlyConfigured("MASTER_KEY must be 32 bytes in base64.")
    return keys


def _seal(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def _open(key: bytes, sealed: bytes, bound_to: bytes) -> bytes | None:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):  # altered, or cut so short that it is no ciphertext at all
        return None
