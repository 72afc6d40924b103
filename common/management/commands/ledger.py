"""Seal, prove and export the ledger."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.actors import SYSTEM
from common.ledger.export import VERIFIER, export
from common.ledger.sealing import seal_all
from common.ledger.verification import record_verification, verify

SHOWN = 20


class Command(BaseCommand):
    help = "The ledger: verify (is every record what was sealed), seal (what waits), export (for somebody else)."

    def add_arguments(self, parser: Any) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("verify", help="check every record against the ledger; names the first that is wrong")
        acts.add_parser("seal", help="seal what waits, now")
        writer = acts.add_parser("export", help="write the ledger with a verifier that needs no portal")
        writer.add_argument("folder", type=Path)

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        {"verify": self._verify, "seal": self._seal, "export": self._export}[act](options)

    def _verify(self, options: dict[str, Any]) -> None:
        found = verify()
        self.stdout.write(f"{found.blocks} blocks, {found.records} records sealed, {found.waiting} waiting")
        record_verification(found, SYSTEM)
        if not found.findings:
            self.stdout.write(self.style.SUCCESS("Nothing was altered."))
            return
        for finding in found.findings[:SHOWN]:
            record = f"{finding.record_type} {finding.record_id}: " if finding.record_id else ""
            self.stderr.write(f"{finding.kind}: {record}{finding.message}")
        raise CommandError(f"{len(found.findings)} findings; the first is named first.", returncode=1)

    def _seal(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{seal_all()} blocks sealed")

    def _export(self, options: dict[str, Any]) -> None:
        folder: Path = options["folder"]
        seal_all()
        try:
            records = export(folder)
        except FileExistsError as error:
            raise CommandError(f"{folder} is there already; an export never mixes with another.") from error
        except OSError as error:
            raise CommandError(f"The ledger was not exported whole: {error}") from error
        self.stdout.write(f"{records} records in {folder}; prove them: python {folder / VERIFIER} {folder} --key KEY")
