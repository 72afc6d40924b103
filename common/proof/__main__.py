"""Verify an exported ledger, one decision's evidence or an export of decisions.

``python verify_ledger.pyz PATH --key ledger_public.pem``
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from common.proof.chain import Block, Finding, Leaf, check_blocks, check_record, record_sha256
from common.proof.checkpoints import check_checkpoints, read
from common.proof.evidence import verify_evidence
from common.proof.exports import is_export, verify_export

LEDGER, CHECKPOINTS = "ledger.jsonl", "checkpoints"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Prove that an exported ledger is what was sealed and signed.")
    parser.add_argument(
        "folder",
        type=Path,
        help="the export's folder, one decision's evidence, or the manifest of decisions beside its files",
    )
    parser.add_argument("--key", type=Path, required=True, help="public key, from somebody other than the export")
    options = parser.parse_args(arguments)
    key = load_pem_public_key(options.key.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        print("The key is not an Ed25519 key.", file=sys.stderr)
        return 2
    if options.folder.is_file():
        return _document(options.folder, key)
    findings = sorted(verify(options.folder, key))
    for finding in findings[:20]:
        where = f"block {finding.block}" + (f", entry {finding.position}" if finding.position >= 0 else "")
        record = f" {finding.record_type} {finding.record_id}" if finding.record_id else ""
        print(f"{finding.kind}: {where}:{record} {finding.message}")
    print(f"{len(findings)} findings" if findings else "Nothing was altered.")
    return 1 if findings else 0


def _document(path: Path, key: Ed25519PublicKey) -> int:
    text = path.read_bytes()
    doubts = verify_export(text, key, path.parent) if is_export(text) else verify_evidence(text, key)
    for doubt in doubts:
        print(f"{doubt.kind}: {doubt.part}: {doubt.message}")
    print(f"{len(doubts)} findings" if doubts else "Nothing was altered.")
    return 1 if doubts else 0


def verify(folder: Path, key: Ed25519PublicKey) -> Iterator[Finding]:
    """Everything that is wrong with an export."""
    hashes: dict[int, str] = {}
    records: list[Finding] = []
    yield from check_blocks(_blocks(folder / LEDGER, hashes, records))
    yield from records
    files = sorted((folder / CHECKPOINTS).glob("*.json"))
    yield from check_checkpoints(hashes, ((path.name, read(path.read_bytes(), key)) for path in files))


def _blocks(path: Path, hashes: dict[int, str], records: list[Finding]) -> Iterator[tuple[Block, list[Leaf]]]:
    block: Block | None = None
    leaves: list[Leaf] = []
    with path.open(encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            if line["kind"] == "block":
                if block:
                    yield block, leaves
                block, leaves = Block(**line["block"]), []
                hashes[block.number] = block.sha256
            else:
                leaves.append(_leaf(line, records))
    if block:
        yield block, leaves


def _leaf(line: dict[str, Any], records: list[Finding]) -> Leaf:
    leaf = Leaf(**line["leaf"])
    values = line["values"]
    now = None if values is None else record_sha256(leaf.record_type, leaf.record_id, values)
    finding = check_record(leaf, now)
    if finding:
        records.append(finding)
    return leaf


def command() -> None:
    sys.exit(main())


if __name__ == "__main__":
    command()
