"""The files of an export, sealed in frames with a key of its own."""

import io
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from django.core.files.storage import Storage, storages
from django.utils.translation import gettext as _

from common import sealed_files
from common.errors import Unavailable
from common.ids import new_id
from common.sealed_files import FRAME
from decisions.audit.models import DecisionExport


def store(export: DecisionExport, path: Path) -> str:
    """Seal a file and store it; the name it got, which is never written twice."""
    place = f"{export.id}/{new_id()}"
    with path.open("rb") as plain:
        pieces = iter(partial(plain.read, FRAME), b"")
        return sealed_files.save(_storage(), place, pieces, export.file_key, partial(_bound, export, place))


def pieces(export: DecisionExport, place: str, size: int) -> Iterator[bytes]:
    """The file in clear, frame by frame; raises before the first where it is gone, and where one was altered or cut."""
    try:
        sealed = _storage().open(place)
    except FileNotFoundError as error:
        raise Unavailable(_("This file is not in its store any more. Ask for the export again.")) from error
    return _frame_by_frame(sealed_files.opened(sealed, size, export.file_key, partial(_bound, export, place)))


def delete_all(export: DecisionExport) -> None:
    """Every file, also those that a killed worker left."""
    sealed_files.delete_folder(_storage(), str(export.id))


def _frame_by_frame(stream: io.BufferedReader) -> Iterator[bytes]:
    with stream:
        yield from iter(partial(stream.read, FRAME), b"")


def _bound(export: DecisionExport, place: str, number: int) -> uuid.UUID:
    return uuid.uuid5(export.id, f"{place}:{number}")


def _storage() -> Storage:
    return storages["exports"]
