"""Preparations whose inputs have not changed since last time are not repeated."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from creditportal.embedded.layout import PROJECT, Layout, read_json, write_json


def migrations() -> str:
    """Everything the schema and the rights on it come from: migrations, models and the packages' own."""
    return fingerprint([PROJECT / "uv.lock", *PROJECT.glob("*/migrations/*.py"), *PROJECT.glob("*/models.py"),
                        *PROJECT.glob("common/management/commands/*.py")])  # fmt: skip


def static_files() -> str:
    files = (path for path in (PROJECT / "static").rglob("*") if path.is_file())
    return fingerprint([PROJECT / "uv.lock", *files])


def fingerprint(files: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in sorted(files):
        facts = path.stat()
        total.update(f"{path}|{facts.st_size}|{facts.st_mtime_ns}\n".encode())
    return total.hexdigest()


class Prepared:
    def __init__(self, layout: Layout) -> None:
        self.path = layout.root / "prepared.json"

    def is_current(self, name: str, value: str) -> bool:
        return read_json(self.path).get(name) == value

    def done(self, name: str, value: str) -> None:
        write_json(self.path, read_json(self.path) | {name: value})

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
