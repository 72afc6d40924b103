"""The files of a batch, encrypted before they are stored.

A name is never written twice: a row points to a file only when it is complete, so a killed worker leaves a file that
nobody reads. The upload is sealed in frames of one size, so that it can be read from any place without being
decrypted to disk.
"""

import io
import json
import uuid
import zlib
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from common import crypto, sealed_files
from common.ids import new_id
from scoring.batches.models import Batch

FASTEST = 1


def write(batch: Batch, content: Any) -> str:
    """Store a document; returns the name it got."""
    name = new_id()
    plain = zlib.compress(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), FASTEST)
    sealed = crypto.encrypt(batch.file_key, plain, _bound(batch, name))
    return _storage().save(f"{batch.id}/{name}", ContentFile(sealed))


def read(batch: Batch, name: str) -> Any:
    with _storage().open(name) as file:
        plain = crypto.decrypt(batch.file_key, file.read(), _bound(batch, uuid.UUID(name.rpartition("/")[2])))
    return json.loads(zlib.decompress(plain))


def store_upload(batch: Batch, pieces: Iterable[bytes]) -> str:
    return sealed_files.save(_storage(), f"{batch.id}/upload", pieces, batch.file_key, partial(_frame_id, batch))


def open_upload(batch: Batch) -> io.BufferedReader:
    sealed = _storage().open(batch.source_name)
    return sealed_files.opened(sealed, batch.size, batch.file_key, partial(_frame_id, batch))


def delete_all(batch: Batch) -> None:
    """Every file, also those that no row points to."""
    sealed_files.delete_folder(_storage(), str(batch.id))


def _bound(batch: Batch, name: uuid.UUID) -> uuid.UUID:
    return uuid.uuid5(batch.id, name.hex)


def _frame_id(batch: Batch, number: int) -> uuid.UUID:
    return uuid.uuid5(batch.id, f"upload:{number}")


def _storage() -> Storage:
    return storages["batches"]
