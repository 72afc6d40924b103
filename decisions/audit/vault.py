"""The files of an export, sealed in frames with a key of its own: one frame is in memory, going in and coming out."""

import io
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils.translation import gettext as _

from common import crypto
from common.errors import Unavailable
from common.ids import new_id
from decisions.audit.models import DecisionExport

FRAME = 1024 * 1024
SEALED = FRAME + crypto.NONCE_BYTES + 16  # the tag of AES-GCM


def store(export: DecisionExport, path: Path) -> str:
    """Seal a file and store it; the name it got, which is never written twice."""
    place = f"{export.id}/{new_id()}"
    with path.open("rb") as plain:
        return _storage().save(place, File(io.BufferedReader(_Sealing(export, place, plain), SEALED)))


def pieces(export: DecisionExport, place: str, size: int) -> Iterator[bytes]:
    """The file in clear, frame by frame; raises before the first where it is gone, and where one was altered or cut."""
    try:
        sealed = _storage().open(place)
    except FileNotFoundError as error:
        raise Unavailable(_("This file is not in its store any more. Ask for the export again.")) from error
    return _opened(export, place, sealed, size)


def delete_all(export: DecisionExport) -> None:
    """Every file, also those that a killed worker left."""
    storage = _storage()
    try:
        _folders, files = storage.listdir(str(export.id))
    except FileNotFoundError:
        return
    for name in files:
        storage.delete(f"{export.id}/{name}")
    if isinstance(storage, FileSystemStorage):
        storage.delete(str(export.id))


def _opened(export: DecisionExport, place: str, sealed: Any, size: int) -> Iterator[bytes]:
    left, number = size, 0
    with sealed:
        while left > 0:
            frame = crypto.decrypt(export.file_key, sealed.read(SEALED), _bound(export, place, number))
            left, number = left - len(frame), number + 1
            yield frame


class _Sealing(io.RawIOBase):
    """What a storage reads while it saves: one sealed frame after the other."""

    def __init__(self, export: DecisionExport, place: str, plain: Any) -> None:
        self.export, self.place, self.plain, self.number, self.rest = export, place, plain, 0, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.rest:
            frame = self.plain.read(FRAME)
            if not frame:
                return 0
            self.rest = crypto.encrypt(self.export.file_key, frame, _bound(self.export, self.place, self.number))
            self.number += 1
        taken = min(len(buffer), len(self.rest))
        buffer[:taken], self.rest = self.rest[:taken], self.rest[taken:]
        return taken


def _bound(export: DecisionExport, place: str, number: int) -> uuid.UUID:
    return uuid.uuid5(export.id, f"{place}:{number}")


def _storage() -> Storage:
    return storages["exports"]
