"""The page that says what a backup holds: hash of every file, rows of every table, head of the ledger. Signed."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from creditportal.embedded.errors import StartError

FORMAT = 1
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
DATABASE, CHECKPOINTS, BUNDLES, PUBLIC_KEYS = "database.dump", "checkpoints.tar", "bundles", "public_keys"
DOCUMENTS = "documents.tar"


class BackupError(StartError):
    """A backup cannot be made, read or restored; the message is for the person at the keyboard."""


@dataclass(frozen=True)
class FileFacts:
    sha256: str
    size: int


@dataclass(frozen=True)
class Head:
    """The last block of the ledger."""

    ledger_id: str
    number: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    format: int
    id: str
    made_at: str
    software: str
    server: str
    extensions: list[str]
    migrations: list[str]
    counts: dict[str, int]
    head: Head | None
    files: dict[str, FileFacts]
    keys_sha256: str

    @property
    def rows(self) -> int:
        return sum(self.counts.values())


def write(folder: Path, manifest: Manifest, key: Ed25519PrivateKey) -> None:
    content = json.dumps(asdict(manifest), indent=2, sort_keys=True).encode()
    (folder / MANIFEST).write_bytes(content)
    (folder / SIGNATURE).write_bytes(key.sign(content))


def read(folder: Path) -> Manifest:
    if not folder.is_dir():
        raise BackupError(f"There is no backup at {folder}: say the folder that `make backup` made.")
    path = folder / MANIFEST
    if not path.is_file() or folder.name.startswith("."):
        raise BackupError(f"{folder} is not a finished backup: take the folder that `make backup` named at its end.")
    try:
        document = json.loads(path.read_bytes())
        found = document["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{path} is damaged: this backup cannot be used.") from error
    if found != FORMAT:
        raise BackupError(
            f"{folder} has backup format {found} and this software reads format {FORMAT}. Restore it with the software"
            f" that made it ({document.get('software', 'unknown')}), and bring that up to date afterwards."
        )
    return _parsed(path, document)


def check_signature(folder: Path, key: Ed25519PrivateKey) -> None:
    try:
        signature = (folder / SIGNATURE).read_bytes()
        key.public_key().verify(signature, (folder / MANIFEST).read_bytes())
    except (OSError, InvalidSignature) as error:
        raise BackupError(f"{folder / MANIFEST} is not what was signed when the backup was made.") from error


def check_files(folder: Path, files: dict[str, FileFacts]) -> None:
    """Every file is there and is what it was; the first few that are not are named."""
    wrong = list(_wrong(folder, files))
    if wrong:
        more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise BackupError(f"{folder} is damaged: {', '.join(wrong[:3])}{more}. Nothing was restored.")


def facts_of(folder: Path) -> dict[str, FileFacts]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): file_facts(path) for path in files}


def file_facts(path: Path) -> FileFacts:
    with path.open("rb") as file:
        return FileFacts(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def _wrong(folder: Path, files: dict[str, FileFacts]) -> Iterator[str]:
    for name, facts in files.items():
        path = folder / name
        if not path.is_file():
            yield f"{name} is missing"
        elif path.stat().st_size != facts.size:
            yield f"{name} has {path.stat().st_size} bytes instead of {facts.size}"
        elif file_facts(path) != facts:
            yield f"{name} was altered"


def _parsed(path: Path, document: dict[str, Any]) -> Manifest:
    try:
        head = Head(**document["head"]) if document["head"] else None
        files = {name: FileFacts(**facts) for name, facts in document["files"].items()}
        manifest = Manifest(**document | {"head": head, "files": files})
    except (KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{path} is damaged: this backup cannot be used.") from error
    if any(PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts for name in files):
        raise BackupError(f"{path} names files outside its own folder: this is no backup of ours.")
    return manifest
