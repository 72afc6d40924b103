"""The files of a batch, encrypted before they are stored.

A name is never written twice: a row points to a file only when it is complete, so a killed worker leaves a file that
nobody reads. The upload is sealed in frames of one size, so that it can be read from any place without being
decrypted to disk.
"""

import io
import json
import uuid
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils.translation import gettext as _

from common import crypto
from common.ids import new_id
from scoring.batches.models import Batch

FRAME = 1024 * 1024
SEALED = FRAME + crypto.NONCE_BYTES + 16  # the tag of AES-GCM
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
    sealing = io.BufferedReader(_Sealing(batch, _frames(pieces)), SEALED)
    return _storage().save(f"{batch.id}/upload", File(sealing))


def open_upload(batch: Batch) -> io.BufferedReader:
    return io.BufferedReader(_Opened(batch, _storage().open(batch.source_name)), FRAME)


def delete_all(batch: Batch) -> None:
    """Every file, also those that no row points to."""
    storage = _storage()
    try:
        _folders, files = storage.listdir(str(batch.id))
    except FileNotFoundError:
        return
    for name in files:
        storage.delete(f"{batch.id}/{name}")
    if isinstance(storage, FileSystemStorage):
        storage.delete(str(batch.id))


class _Sealing(io.RawIOBase):
    """What a storage reads while it saves: one sealed frame after the other."""

    def __init__(self, batch: Batch, frames: Iterator[bytes]) -> None:
        self.batch, self.frames, self.number, self.rest = batch, frames, 0, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.rest:
            frame = next(self.frames, b"")
            if not frame:
                return 0
            self.rest = crypto.encrypt(self.batch.file_key, frame, _frame_id(self.batch, self.number))
            self.number += 1
        taken = min(len(buffer), len(self.rest))
        buffer[:taken], self.rest = self.rest[:taken], self.rest[taken:]
        return taken


class _Opened(io.RawIOBase):
    """The upload in clear, from any place; one frame is in memory."""

    def __init__(self, batch: Batch, file: Any) -> None:
        self.batch, self.file, self.place = batch, file, 0
        self.number, self.frame = -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.batch.size}[whence]
        self.place = max(0, start + offset)
        return self.place

    def readinto(self, buffer: Any) -> int:
        if self.place >= self.batch.size:
            return 0
        number, within = divmod(self.place, FRAME)
        if number != self.number:
            self.number, self.frame = number, self._read_frame(number)
        taken = self.frame[within : within + len(buffer)]
        if not taken:
            raise crypto.DataUnreadable(_("The stored file is shorter than what was sent."))
        buffer[: len(taken)] = taken
        self.place += len(taken)
        return len(taken)

    def close(self) -> None:
        if not self.closed:
            self.file.close()
        super().close()

    def _read_frame(self, number: int) -> bytes:
        self.file.seek(number * SEALED)
        return crypto.decrypt(self.batch.file_key, self.file.read(SEALED), _frame_id(self.batch, number))


def _frames(pieces: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= FRAME:
            yield bytes(waiting[:FRAME])
            del waiting[:FRAME]
    if waiting:
        yield bytes(waiting)


def _bound(batch: Batch, name: uuid.UUID) -> uuid.UUID:
    return uuid.uuid5(batch.id, name.hex)


def _frame_id(batch: Batch, number: int) -> uuid.UUID:
    return uuid.uuid5(batch.id, f"upload:{number}")


def _storage() -> Storage:
    return storages["batches"]
