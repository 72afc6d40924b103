"""Where the ledger's signed checkpoints are kept: outside the database, a folder or any store Django can write to."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.utils import timezone

from common.errors import PortalError
from common.models import LedgerBlock
from common.proof.checkpoints import Checkpoint, read, sign
from common.proof.evidence import sign_evidence
from ml.keys import generate_key_pair, load_private_key

PRIVATE_NAME, PUBLIC_NAME = "ledger_private.pem", "ledger_public.pem"


class LedgerForked(PortalError):
    """The database went back to an earlier state and would now seal another history."""

    status = 500
    code = "ledger_forked"


def ensure(block: LedgerBlock) -> None:
    """Write the checkpoint of ``block`` unless it is there; raises LedgerForked when another block was signed."""
    store, name = _store(), f"{block.ledger_id}/{block.number:012d}.json"
    if store.exists(name):
        with store.open(name) as file:
            known = read(file.read(), public_key())
        if known is None or known.block_sha256 != block.sha256:
            raise LedgerForked(f"Block {block.number} is not the one that was signed; nothing more is sealed.")
        return
    written_at = timezone.now().isoformat(timespec="seconds")
    checkpoint = Checkpoint(str(block.ledger_id), block.number, block.sha256, written_at)
    store.save(name, ContentFile(sign(checkpoint, _private_key())))


def written() -> dict[str, list[tuple[str, Checkpoint | None]]]:
    """Every checkpoint by ledger: the name of its file, and None where the signature is wrong."""
    store = _store()
    ledgers = store.listdir("")[0] if store.exists("") else []
    return {ledger: list(_of(store, ledger)) for ledger in sorted(ledgers)}


def content(ledger_id: str) -> Iterator[tuple[str, bytes]]:
    """The checkpoints of a ledger as they were written."""
    store = _store()
    for name in sorted(store.listdir(ledger_id)[1]):
        with store.open(f"{ledger_id}/{name}") as file:
            yield name, file.read()


def signed(block: LedgerBlock) -> bytes | None:
    """The checkpoint of one block as it was written; None when there is none."""
    store, name = _store(), f"{block.ledger_id}/{block.number:012d}.json"
    if not store.exists(name):
        return None
    with store.open(name) as file:
        found: bytes = file.read()
    return found


def signed_evidence(content: Mapping[str, Any]) -> dict[str, Any]:
    """Evidence under the key of the checkpoints in it, so that one public key proves all of it."""
    return sign_evidence(content, _private_key())


def public_key() -> Ed25519PublicKey:
    return _private_key().public_key()


def _of(store: Storage, ledger_id: str) -> Iterator[tuple[str, Checkpoint | None]]:
    for name, signed in content(ledger_id):
        yield name, read(signed, public_key())


def _store() -> Storage:
    return storages["ledger_checkpoints"]


def _private_key() -> Ed25519PrivateKey:
    return _load(Path(settings.LEDGER_PRIVATE_KEY))


@cache
def _load(path: Path) -> Ed25519PrivateKey:
    """An install of its own makes its key; a key that was asked for by name has to be there."""
    if path == settings.DATA_DIR / "keys" / PRIVATE_NAME and not path.exists():
        generate_key_pair(path.parent, PRIVATE_NAME, PUBLIC_NAME)
    return load_private_key(path)
