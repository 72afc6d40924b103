"""Verify an exported ledger, one decision's evidence or an export of decisions.

``python verify_ledger.pyz PATH --key ledger_public.pem``
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from common.proof.chain import WHOLE, Finding, check_blocks
from common.proof.checkpoints import Checkpoint, check_checkpoints, read
from common.proof.evidence import Doubt, verify_evidence
from common.proof.exports import is_export, verify_export
from common.proof.ledger_file import LedgerFile
from common.proof.strict import printable

LEDGER, CHECKPOINTS = "ledger.jsonl", "checkpoints"
SHOWN = 20


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
    return _said(list(_findings(options.folder, key)))


def _key(path: Path) -> Ed25519PublicKey | None:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, Ed25519PublicKey) else None


def _findings(path: Path, key: Ed25519PublicKey) -> Iterator[str]:
    """A line for each thing that is wrong, the first bad entry first."""
    try:
        if path.is_dir():
            yield from map(_finding_line, sorted(verify(path, key), key=_place))
        else:
            yield from map(_doubt_line, _document(path, key))
    except OSError as error:
        yield f"unreadable: {path.name}: The file cannot be read ({error.strerror})."


def _said(findings: list[str]) -> int:
    for line in findings[:SHOWN]:
        print(printable(line))
    print(f"{len(findings)} findings" if findings else "Nothing was altered.")
    return 1 if findings else 0


def _document(path: Path, key: Ed25519PublicKey) -> list[Doubt]:
    text = path.read_bytes()
    return verify_export(text, key, path.parent) if is_export(text) else verify_evidence(text, key)


def _doubt_line(doubt: Doubt) -> str:
    return f"{doubt.kind}: {doubt.part}: {doubt.message}"


def _finding_line(finding: Finding) -> str:
    numbers = [("block", finding.block, 1), ("entry", finding.position, 0), ("line", finding.line, 1)]
    where = ", ".join(f"{name} {number}" for name, number, least in numbers if number >= least)
    record = f" {finding.record_type} {finding.record_id}" if finding.record_id else ""
    return f"{finding.kind}: {where or 'export'}:{record} {finding.message}"


def _place(finding: Finding) -> tuple[bool, int, bool, Finding]:
    """By the line; what is wrong with one entry before its whole block, and what is beside the file last."""
    return finding.line == 0, finding.line, finding.kind in WHOLE, finding


def verify(folder: Path, key: Ed25519PublicKey) -> Iterator[Finding]:
    """Everything that is wrong with an export."""
    ledger = LedgerFile(folder / LEDGER)
    for finding in check_blocks(ledger.blocks()):
        yield replace(finding, line=ledger.ends[finding.block]) if finding.kind in WHOLE else finding
    yield from ledger.findings
    files = sorted((folder / CHECKPOINTS).glob("*.json"))
    for finding in check_checkpoints(ledger.hashes, ((path.name, _checkpoint(path, key)) for path in files)):
        yield replace(finding, line=ledger.lines.get(finding.block, 0))


def _checkpoint(path: Path, key: Ed25519PublicKey) -> Checkpoint | None:
    try:
        return read(path.read_bytes(), key)
    except OSError:
        return None


def command() -> None:
    sys.exit(main())


if __name__ == "__main__":
    command()
