"""Files that are encrypted in frames of one size before they are stored: one frame is in memory, going in and out.

A frame is bound to what its file says it is (``bound_to``, by the frame's number), so that frames can be neither
exchanged nor taken from another file. Files are written once; this layout is that of every file there is.
"""

import io
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage
from django.utils.translation import gettext as _

from common import crypto
from common.models import SubjectKey

FRAME = 1024 * 1024
SEALED = FRAME + crypto.NONCE_BYTES + 16  # the tag of AES-GCM

Bound = Callable[[int], uuid.UUID]


def save(storage: Storage, name: str, pieces: Iterable[bytes], key: SubjectKey, bound_to: Bound) -> str:
    """Seal while it is stored; returns the name it got."""
    sealing = io.BufferedReader(_Sealing(_frames(pieces), key, bound_to), SEALED)
    return storage.save(name, File(sealing))


def opened(file: Any, size: int, key: SubjectKey, bound_to: Bound) -> io.BufferedReader:
    """The file in clear, from any place; a frame that is missing or was altered raises ``DataUnreadable``."""
    return io.BufferedReader(_Opened(file, size, key, bound_to), FRAME)


def delete_folder(storage: Storage, name: str) -> None:
    """Every file, also those that no row points to."""
    try:
        _folders, files = storage.listdir(name)
    except FileNotFoundError:
        return
    for each in files:
        storage.delete(f"{name}/{each}")
    if isinstance(storage, FileSystemStorage):
        storage.delete(name)


class _Sealing(io.RawIOBase):
    """What a storage reads while it saves: one sealed frame after the other."""

    def __init__(self, frames: Iterator[bytes], key: SubjectKey, bound_to: Bound) -> None:
        self.frames, self.key, self.bound_to, self.number, self.rest = frames, key, bound_to, 0, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.rest:
            frame = next(self.frames, b"")
            if not frame:
                return 0
            self.rest = crypto.encrypt(self.key, frame, self.bound_to(self.number))
            self.number += 1
        taken = min(len(buffer), len(self.rest))
        buffer[:taken], self.rest = self.rest[:taken], self.rest[taken:]
        return taken


class _Opened(io.RawIOBase):
    def __init__(self, file: Any, size: int, key: SubjectKey, bound_to: Bound) -> None:
        self.file, self.size, self.key, self.bound_to, self.place = file, size, key, bound_to, 0
        self.number, self.frame = -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.size}[whence]
        self.place = max(0, start + offset)
        return self.place

    def readinto(self, buffer: Any) -> int:
        if self.place >= self.size:
            return 0
        number, within = divmod(self.place, FRAME)
        if number != self.number:
            self.number, self.frame = number, self._read_frame(number)
        taken = self.frame[within : within + min(len(buffer), self.size - self.place)]
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
        return crypto.decrypt(self.key, self.file.read(SEALED), self.bound_to(number))


def _frames(pieces: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= FRAME:
            yield bytes(waiting[:FRAME])
            del waiting[:FRAME]
    if waiting:
        yield bytes(waiting)
