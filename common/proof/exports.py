"""Whether the files of an export are those that the portal wrote and signed for."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from common.proof.evidence import Doubt, signature_doubts
from common.proof.strict import parse

FORMAT = "credit-decision-export/1"
_READ_AT_ONCE = 1024 * 1024


def is_export(text: bytes) -> bool:
    """Whether this document says that it is the manifest of an export."""
    try:
        return bool(parse(text)["content"]["format"] == FORMAT)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def verify_export(text: bytes, key: Ed25519PublicKey, folder: Path) -> list[Doubt]:
    """Everything that is wrong with the manifest, or with the files that lie beside it in ``folder``."""
    try:
        document = parse(text)
        return [*signature_doubts(document, key), *_files(document["content"]["files"], folder)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return [Doubt("manifest", "unreadable", f"The manifest cannot be read ({type(error).__name__}).")]


def _files(files: list[Mapping[str, Any]], folder: Path) -> Iterator[Doubt]:
    for file in files:
        name = Path(str(file["name"])).name  # a manifest never leads out of its folder
        path = folder / name
        try:
            if not path.is_file():
                yield Doubt(name, "missing", "The file does not lie beside the manifest.")
            elif _sha256(path) != file["sha256"]:
                yield Doubt(name, "altered", "The file is not the one that was written.")
        except OSError as error:
            yield Doubt(name, "unreadable", f"The file cannot be read: {error.strerror}.")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_READ_AT_ONCE):
            digest.update(piece)
    return digest.hexdigest()
