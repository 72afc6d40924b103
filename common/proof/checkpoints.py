"""Signed checkpoints: what the ledger was at a time, kept where whoever alters the database does not reach."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from common.canonical import canonical_json
from common.proof.chain import Finding
from common.proof.strict import exactly, made, parse, signature_bytes


@dataclass(frozen=True)
class Checkpoint:
    """The head of the ledger when it was written."""

    ledger_id: str
    number: int
    block_sha256: str
    written_at: str


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> bytes:
    content = asdict(checkpoint)
    signature = base64.b64encode(key.sign(canonical_json(content))).decode()
    return canonical_json({"checkpoint": content, "signature": signature}) + b"\n"


def read(content: bytes, key: Ed25519PublicKey) -> Checkpoint | None:
    """The checkpoint, or None when it is not one that this key has signed."""
    try:
        document = exactly(parse(content), {"checkpoint", "signature"})
        checkpoint = made(Checkpoint, document["checkpoint"])
        key.verify(signature_bytes(document["signature"]), canonical_json(document["checkpoint"]))
    except (ValueError, TypeError, RecursionError, InvalidSignature):
        return None
    return checkpoint


def check_checkpoints(
    blocks: Mapping[int, str], checkpoints: Iterable[tuple[str, Checkpoint | None]]
) -> Iterator[Finding]:
    """Whether the ledger still is what was signed.

    ``blocks``: hash by block number; ``checkpoints``: by the name of their file, None where the signature is wrong.
    """
    head, signed = max(blocks, default=0), 0
    for name, checkpoint in checkpoints:
        if checkpoint is None:
            yield _finding(0, "checkpoint_forged", f"The checkpoint {name} was not signed with the ledger's key.")
            continue
        number, signed = checkpoint.number, max(signed, checkpoint.number)
        if number > head:
            yield _finding(number, "tail_missing", f"Block {number} was signed and is gone: the ledger ends at {head}.")
        elif blocks.get(number) != checkpoint.block_sha256:
            yield _finding(number, "rewritten", f"Block {number} is not the one that was signed.")
    if head > signed:
        message = f"The ledger ends at block {head}, but only {signed} is signed."
        yield _finding(head, "unsigned", message)


def _finding(number: int, kind: str, message: str) -> Finding:
    return Finding(number, -1, kind, "", "", message)
