"""What opens personal data and what signs: a folder apart, because whoever holds it and the backup holds everything."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from creditportal.backup.manifest import BackupError, FileFacts, check_files, facts_of
from ml.keys import load_private_key

INDEX, SECRETS, LEDGER_KEY, DEMO = "keys.json", "secrets.json", "ledger_private.pem", "demo.json"
WORD = """\
These files open the personal data in the backup of the same name, and sign in the lender's name.

Keep this folder elsewhere than the backup: another safe, another account, another building.
Whoever has both has everything. Without this folder the personal data in the backup is gone for good.
"""


@dataclass(frozen=True)
class Keys:
    """``secrets``: values of the environment by their names; ``files``: private keys and credentials by their names."""

    secrets: dict[str, str]
    files: dict[str, bytes]


def write(folder: Path, keys: Keys) -> str:
    """Write into the empty FOLDER; the hash by which the backup knows its keys."""
    _write(folder / "KEEP-ELSEWHERE.txt", WORD.encode())
    _write(folder / SECRETS, json.dumps(keys.secrets, indent=2).encode())
    for name, content in keys.files.items():
        _write(folder / name, content)
    index = {name: asdict(facts) for name, facts in facts_of(folder).items()}
    content = json.dumps(index, indent=2).encode()
    _write(folder / INDEX, content)
    return hashlib.sha256(content).hexdigest()


def read(folder: Path, expected_sha256: str) -> Keys:
    try:
        content = (folder / INDEX).read_bytes()
    except OSError as error:
        raise BackupError(f"{folder} holds no keys: say the folder `backup-...-keys` made with this backup.") from error
    if hashlib.sha256(content).hexdigest() != expected_sha256:
        raise BackupError(f"The keys in {folder} are not those of this backup: the names of both begin alike.")
    index = {name: FileFacts(**facts) for name, facts in json.loads(content).items()}
    check_files(folder, index)
    kept = {name: (folder / name).read_bytes() for name in index if name.endswith(".pem") or name == DEMO}
    return Keys(json.loads((folder / SECRETS).read_bytes()), kept)


def ledger_key(folder: Path) -> Ed25519PrivateKey:
    return load_private_key(folder / LEDGER_KEY)


def place(keys: Keys, root: Path, public: Path) -> None:
    """Into the new installation at ROOT; the secrets of its servers stay its own."""
    folder = root / "keys"
    folder.mkdir(mode=0o700, parents=True)
    for name, content in keys.files.items():
        _write(root / name if name == DEMO else folder / name, content)
    for path in sorted(public.glob("*.pem")):
        (folder / path.name).write_bytes(path.read_bytes())


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
