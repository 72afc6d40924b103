"""The documents of the files: as they are in their store, encrypted, one for every row of the database."""

import io
import tarfile
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from applications.models import Document
from creditportal.backup.manifest import BackupError


def names() -> list[str]:
    return [row.storage_name for row in Document.objects.only("application_id").order_by("id")]


def write(file: Path, wanted: list[str]) -> None:
    store = storages["documents"]
    with tarfile.open(file, "w") as archive:
        for name in wanted:
            try:
                with store.open(name) as stored:
                    content = stored.read()
            except FileNotFoundError as error:
                raise BackupError(
                    f"The document {name} is missing in its store: the backup would not be whole."
                ) from error
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


def put(file: Path) -> int:
    """Back into the store, and every row has its document; an older backup has none."""
    store, wanted = storages["documents"], set(names())
    if file.is_file():
        with tarfile.open(file) as archive:
            for entry in archive:
                content = archive.extractfile(entry)
                if content and entry.name in wanted and not store.exists(entry.name):
                    store.save(entry.name, ContentFile(content.read()))
    for name in sorted(wanted):
        if not store.exists(name):
            raise BackupError(f"The document {name} is not in the backup.")
    return len(wanted)
