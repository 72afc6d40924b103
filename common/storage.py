"""Files that are there whole or not at all."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import FileSystemStorage


class WholeFileStorage(FileSystemStorage):
    """Nobody reads half a file: not beside its writer, and not after a crash while it was written."""

    def save(self, name: str | None, content: IO[Any], max_length: int | None = None) -> str:
        os.makedirs(self.location, exist_ok=True)
        with NamedTemporaryFile(dir=self.location, prefix=".", suffix=".partial", delete=False) as file:
            try:
                file.writelines(File(content).chunks())
                file.flush()
                os.fsync(file.fileno())
                return super().save(name, _Written(file, file.name), max_length)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise


class _Written(File):  # type: ignore[type-arg]  # generic in the stubs alone
    """Django moves what has a path of its own instead of copying it."""

    def temporary_file_path(self) -> str:
        return str(self.name)
