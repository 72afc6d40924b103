"""Ed25519 key pairs that sign model bundles and prove them."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ml.errors import BundleError

PRIVATE_NAME = "bundle_private.pem"
PUBLIC_NAME = "bundle_public.pem"


def generate_key_pair(
    folder: Path | str, private_name: str = PRIVATE_NAME, public_name: str = PUBLIC_NAME
) -> tuple[Path, Path]:
    """Write a new key pair into ``folder``: (private, readable by the owner alone; public).

    Raises BundleError ``key_exists`` rather than replace a key: what was signed with it would lose its proof.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    private_path, public_path = folder / private_name, folder / public_name
    if private_path.exists() or public_path.exists():
        raise BundleError("key_exists", f"{folder} already holds a key; it is never replaced.")
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write_new(private_path, private, 0o600)
    _write_new(public_path, public_pem(key.public_key()), 0o644)
    return private_path, public_path


def load_private_key(path: Path | str) -> Ed25519PrivateKey:
    """Read a private key; raises BundleError ``key_missing`` or ``key_wrong``."""
    content = _read(Path(path))
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BundleError("key_wrong", f"{path} is not a private key: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BundleError("key_wrong", f"{path} is not an Ed25519 key.")
    return key


def load_public_key(key: Path | str) -> Ed25519PublicKey:
    """Read a public key from a path, or from the PEM text itself; raises BundleError as above."""
    text = str(key)
    content = text.encode() if text.lstrip().startswith("-----BEGIN") else _read(Path(key))
    try:
        loaded = serialization.load_pem_public_key(content)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BundleError("key_wrong", f"Not a public key: {error}") from error
    if not isinstance(loaded, Ed25519PublicKey):
        raise BundleError("key_wrong", "The public key is not an Ed25519 key.")
    return loaded


def public_pem(key: Ed25519PublicKey) -> bytes:
    """The PEM of a public key."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleError("key_missing", f"The key {path.name} cannot be read: {error.strerror}.") from error


def _write_new(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
