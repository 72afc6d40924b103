"""Verify an exported ledger, one decision's evidence or an export of decisions.

``python verify_ledger.pyz PATH --key ledger_public.pem``
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from common.proof.chain import Finding, check_blocks
from common.proof.checkpoints import check_checkpoints, read
from common.proof.evidence import verify_evidence
from common.proof.exports import is_export, verify_export
from common.proof.ledger_file import LedgerFile

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
    key = _key(options.key)
    if key is None or not options.folder.exists():
        print(f"{options.folder} is not there." if key else f"{options.key} is no Ed25519 key.", file=sys.stderr)
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
    ledger = LedgerFile(folder / LEDGER)
    yield from check_blocks(ledger.blocks())
    yield from ledger.findings
    files = sorted((folder / CHECKPOINTS).glob("*.json"))
    yield from check_checkpoints(ledger.hashes, ((path.name, read(path.read_bytes(), key)) for path in files))


def _key(path: Path) -> Ed25519PublicKey | None:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError):
        return None
    return key if isinstance(key, Ed25519PublicKey) else None


def command() -> None:
    sys.exit(main())


if __name__ == "__main__":
    command()
