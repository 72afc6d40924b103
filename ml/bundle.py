"""The signed model bundle on disk: written whole or not at all, believed only when every byte is proved.

A bundle is a folder named by its version. ``SHA256SUMS`` lists the digest of each other file and
``SHA256SUMS.sig`` is its Ed25519 signature. Reading takes each file once and proves those very bytes;
nothing is parsed before that, and nothing in a bundle can execute.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ml.errors import BundleError
from ml.keys import generate_key_pair, load_private_key, load_public_key
from ml.model import ScoringModel, model_from_files

__all__ = [
    "BundleBytes",
    "generate_key_pair",
    "load_model",
    "load_private_key",
    "load_public_key",
    "read_bundle",
    "write_bundle",
]

SUMS, SIGNATURE = "SHA256SUMS", "SHA256SUMS.sig"
FIRST_PARTS = ("manifest.json", "model.txt", "population.json", "reference.parquet", "model_card.md")
PARTS = (*FIRST_PARTS, "model_card.html", "model_card.fr.html", "evidence.json")
MEGABYTE = 1024 * 1024
MAX_BYTES = dict.fromkeys(PARTS, 16 * MEGABYTE) | {"model.txt": 256 * MEGABYTE, SUMS: 4096, SIGNATURE: 64}


@dataclass(frozen=True)
class BundleBytes:
    """The proved bytes of a bundle; ``checksum`` is the SHA-256 of its list of digests."""

    version: str
    checksum: str
    files: Mapping[str, bytes]


def write_bundle(folder: Path | str, parts: Mapping[str, bytes], private_key: Ed25519PrivateKey) -> Path:
    """Sign and write a bundle: first beside its place, then into it by one rename.

    Parameters: ``folder`` whose name is the version and that must not exist; ``parts`` maps each name
    of ``PARTS`` to its content.

    Returns: the folder. Raises BundleError ``bundle_incomplete``, ``bundle_too_large``,
    ``bundle_exists`` or ``bundle_unwritable`` and leaves nothing behind.
    """
    folder = Path(folder)
    _check_parts(parts)
    if folder.exists():
        raise BundleError("bundle_exists", f"There is already a bundle {folder.name}.")
    sums = _sums(parts)
    contents = {**parts, SUMS: sums, SIGNATURE: private_key.sign(sums)}
    try:
        _write_all(folder, contents)
    except OSError as error:
        raise BundleError("bundle_unwritable", f"{folder} cannot be written: {error.strerror}.") from error
    return folder


def read_bundle(path: Path | str, public_key: Ed25519PublicKey) -> BundleBytes:
    """Read each file once and prove those bytes.

    Raises BundleError: ``bundle_missing``; ``bundle_incomplete`` (a file lacks); ``bundle_unsigned``;
    ``bundle_tampered`` (wrong signature or digest, a file too many, a link or anything else that is
    no plain file); ``bundle_too_large``.
    """
    path = Path(path)
    names = _names(path)
    if SIGNATURE not in names:
        raise BundleError("bundle_unsigned", f"The bundle {path.name} has no signature.")
    expected = _check_names(path, names)
    contents = {name: _read_once(path / name, MAX_BYTES[name]) for name in (SUMS, SIGNATURE, *expected)}
    sums = contents.pop(SUMS)
    try:
        public_key.verify(contents.pop(SIGNATURE), sums)
    except InvalidSignature:
        message = f"The signature of the bundle {path.name} does not match the public key."
        raise BundleError("bundle_tampered", message) from None
    if _sums(contents) != sums:
        changed = [name for name in expected if _line(name, contents[name]) not in sums]
        raise BundleError(
            "bundle_tampered", f"The bundle {path.name} was altered: {', '.join(changed) or SUMS}.", {"files": changed}
        )
    return BundleBytes(path.name, hashlib.sha256(sums).hexdigest(), contents)


def load_model(path: Path | str, public_key: Ed25519PublicKey) -> ScoringModel:
    """Read, prove and load a bundle.

    Raises BundleError as :func:`read_bundle`, and ``bundle_format_unknown``,
    ``bundle_manifest_wrong``, ``bundle_contract_mismatch``, or ``bundle_tampered`` when the folder
    bears another version's name.
    """
    proved = read_bundle(path, public_key)
    model = model_from_files(proved.files, proved.checksum)
    if model.version != proved.version:
        message = f"The folder {proved.version} holds the bundle {model.version}."
        raise BundleError("bundle_tampered", message)
    return model


def _check_parts(parts: Mapping[str, bytes]) -> None:
    if set(parts) != set(PARTS):
        odd = ", ".join(sorted(set(parts) ^ set(PARTS)))
        raise BundleError("bundle_incomplete", f"A bundle has exactly its {len(PARTS)} parts; wrong: {odd}.")
    for name, content in parts.items():
        if len(content) > MAX_BYTES[name]:
            raise BundleError("bundle_too_large", f"{name} has {len(content)} bytes, more than {MAX_BYTES[name]}.")


def _sums(parts: Mapping[str, bytes]) -> bytes:
    return b"".join(_line(name, parts[name]) for name in PARTS if name in parts)


def _line(name: str, content: bytes) -> bytes:
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n".encode()


def _write_all(folder: Path, contents: Mapping[str, bytes]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".bundle-", dir=folder.parent))
    try:
        for name, content in contents.items():
            with (partial / name).open("xb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
        partial.chmod(0o755)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _names(path: Path) -> set[str]:
    if path.is_symlink() or not path.is_dir():
        raise BundleError("bundle_missing", f"There is no bundle folder {path.name}.")
    try:
        return set(os.listdir(path))
    except OSError as error:
        raise BundleError("bundle_missing", f"The bundle {path.name} cannot be read: {error.strerror}.") from error


def _check_names(path: Path, names: set[str]) -> tuple[str, ...]:
    """The parts to read; bundles of the first format have fewer, and the signed digests say which they were."""
    parts = PARTS if names & (set(PARTS) - set(FIRST_PARTS)) else FIRST_PARTS
    expected = {SUMS, SIGNATURE, *parts}
    lacking, extra = sorted(expected - names), sorted(names - expected)
    if lacking:
        raise BundleError("bundle_incomplete", f"The bundle {path.name} lacks {', '.join(lacking)}.")
    if extra:
        raise BundleError("bundle_tampered", f"The bundle {path.name} holds files it should not: {', '.join(extra)}.")
    return parts


def _read_once(path: Path, limit: int) -> bytes:
    try:
        with open(path, "rb", opener=_open_plain) as handle:
            content = handle.read(limit + 1)
    except OSError as error:
        message = f"{path.name} is not a plain file that can be read: {error.strerror}."
        raise BundleError("bundle_tampered", message) from error
    if len(content) > limit:
        raise BundleError("bundle_too_large", f"{path.name} has more than {limit} bytes.")
    return content


def _open_plain(path: str, flags: int) -> int:
    # O_NOFOLLOW refuses a link, O_NONBLOCK keeps a named pipe from hanging the process.
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file")
    return descriptor
