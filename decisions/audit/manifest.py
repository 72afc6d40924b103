"""What an export is, signed: which files with which hashes answer which question, asked by whom and when."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from common.canonical import canonical_json
from common.ledger import checkpoints
from common.models import LedgerBlock
from common.proof.exports import FORMAT
from decisions.audit.columns import COLUMNS
from decisions.audit.forms import Part
from decisions.audit.models import DecisionExport

MANIFEST = "manifest-{export}.json"
SHOWN = ("name", "media_type", "bytes", "rows", "sha256")


def manifest_of(export: DecisionExport, parts: Sequence[Part], files: Sequence[dict[str, Any]], rows: int) -> bytes:
    """Under the key of the ledger's checkpoints, so that one public key proves both."""
    head = LedgerBlock.objects.order_by("-number").first()
    content = {
        "format": FORMAT,
        "export": str(export.id),
        "asked_at": export.created_at.isoformat(timespec="microseconds"),
        "asked_by": {"id": str(export.requested_by_id), "username": export.requested_by.username},
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "filters": dict(export.filters),
        "question": [{"filter": part.name, "label": part.label, "value": part.value} for part in parts],
        "rows": rows,
        "columns": list(COLUMNS),
        "files": [{name: file[name] for name in SHOWN} for file in files],
        "ledger_head": {"number": head.number, "sha256": head.sha256} if head else None,
    }
    return canonical_json(checkpoints.signed_evidence(content)) + b"\n"
