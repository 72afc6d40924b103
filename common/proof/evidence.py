"""Whether a document of evidence is what the portal signed, and each record in it what the ledger sealed."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from common.canonical import canonical_json
from common.proof import merkle
from common.proof.chain import Block, Leaf, record_sha256
from common.proof.checkpoints import read
from common.proof.strict import SIGNED, Unreadable, parse, signature_bytes

FORMAT = "credit-decision-evidence/1"


@dataclass(frozen=True)
class Doubt:
    """What is wrong with one part of the document."""

    part: str
    kind: str
    message: str


def sign_evidence(content: Mapping[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    signature = base64.b64encode(key.sign(canonical_json(content))).decode()
    return {"content": content, "signature": signature}


def verify_evidence(text: bytes, key: Ed25519PublicKey) -> list[Doubt]:
    """Everything that is wrong; empty when every part is proved with ``key``."""
    try:
        document = parse(text)
        content = document["content"]
        if content["format"] != FORMAT:
            return [Doubt("document", "format_unknown", f"The format {content['format']} is not known here.")]
        return [*signature_doubts(document, key), *_records(content, key), *_agreement(content)]
    except Unreadable as error:
        return [Doubt("document", "unreadable", f"The document cannot be read: {error}.")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return [Doubt("document", "unreadable", f"The document cannot be read as evidence ({type(error).__name__}).")]


def signature_doubts(document: Mapping[str, Any], key: Ed25519PublicKey) -> Iterator[Doubt]:
    unsigned = sorted(set(document) - SIGNED)
    if unsigned:
        yield Doubt("document", "unsigned_part", f"No signature covers this part of the document: {unsigned[0]}.")
    try:
        key.verify(signature_bytes(document["signature"]), canonical_json(document["content"]))
    except (InvalidSignature, ValueError):
        yield Doubt("document", "signature_wrong", "The document is not what was signed with this key.")


def _records(content: Mapping[str, Any], key: Ed25519PublicKey) -> Iterator[Doubt]:
    blocks = {block["block"]["number"]: block for block in content["blocks"]}
    for number, block in sorted(blocks.items()):
        yield from _block(f"block {number}", block, key)
    for record in content["records"]:
        part = f"{record['record_type']} {record['record_id']}"
        leaf = record["leaf"]
        if leaf is None:
            yield Doubt(part, "unsealed", "No block held this record yet when the document was made; ask for it again.")
        elif leaf["block"] not in blocks:
            yield Doubt(part, "block_missing", f"The block {leaf['block']} that holds it is not in the document.")
        else:
            yield from _record(part, record, Leaf(**leaf), Block(**blocks[leaf["block"]]["block"]))


def _record(part: str, record: Mapping[str, Any], leaf: Leaf, block: Block) -> Iterator[Doubt]:
    if record_sha256(record["record_type"], record["record_id"], record["values"]) != leaf.sha256:
        yield Doubt(part, "altered", "The record is not what was sealed.")
    steps = [merkle.Step(**step) for step in record["proof"]]
    same = (leaf.record_type, leaf.record_id) == (record["record_type"], record["record_id"])
    if not same or merkle.root_from(leaf.content, steps) != block.merkle_root:
        yield Doubt(part, "not_in_block", f"Block {block.number} does not hold this record.")


def _block(part: str, found: Mapping[str, Any], key: Ed25519PublicKey) -> Iterator[Doubt]:
    block = Block(**found["block"])
    if block.digest() != block.sha256:
        yield Doubt(part, "block_altered", "The block was altered after it was sealed.")
    if found["checkpoint"] is None:
        yield Doubt(part, "unsigned", "There is no checkpoint of this block.")
        return
    checkpoint = read(canonical_json(found["checkpoint"]), key)
    if checkpoint is None:
        yield Doubt(part, "checkpoint_forged", "The checkpoint was not signed with this key.")
    elif (checkpoint.ledger_id, checkpoint.number, checkpoint.block_sha256) != (
        block.ledger_id,
        block.number,
        block.sha256,
    ):
        yield Doubt(part, "rewritten", "The block is not the one that was signed.")


def _agreement(content: Mapping[str, Any]) -> Iterator[Doubt]:
    """The parts meant for reading say the same as the sealed records."""
    values = {record["record_id"]: record["values"] for record in content["records"]}
    parts = content["parts"]
    decision, score = values.get(parts["decision"]), values.get(parts["score"])
    for name in ("decision", "score", "credit_file", "policy"):
        if parts[name] not in values:
            yield Doubt(name, "missing", "The record is not in the document.")
    if decision is None or score is None:
        return
    said = [
        ("score", decision["score_id"], parts["score"]),
        ("credit_file", score["credit_file_id"], parts["credit_file"]),
        ("policy", score["policy_id"], parts["policy"]),
        ("model", score["bundle_checksum"], content["model"]["bundle_checksum"]),
    ]
    for name, sealed, shown in said:
        if sealed != shown:
            yield Doubt(name, "disagrees", "The document says otherwise than the sealed record.")
    for act in content["acts"]:
        event = values.get(act["event"])
        if event is None or (event["action"], event["occurred_at"]) != (act["action"], act["at"]):
            yield Doubt(f"act {act['event']}", "disagrees", "The act is not the sealed event.")
