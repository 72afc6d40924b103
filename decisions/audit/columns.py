"""What an export says of a decision: ids, codes and figures of the record; no name or address of the applicant."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet

from decisions.models import Decision
from explanations.wording import reason_text

AT_ONCE = 1_000

_READ: dict[str, Callable[[Decision], Any]] = {
    "decision_id": lambda row: str(row.id),
    "decided_at": lambda row: row.created_at,
    "case_reference": lambda row: row.application.reference,
    "branch": lambda row: row.application.branch.name,
    "product": lambda row: row.application.product,
    "amount": lambda row: row.application.amount,
    "currency": lambda row: row.application.currency,
    "stage": lambda row: row.stage,
    "outcome": lambda row: row.outcome,
    "reason_codes": lambda row: [reason["reason_code"] for reason in row.reasons],
    "reasons": lambda row: [reason_text(reason) for reason in row.reasons],
    "override_direction": lambda row: row.override.direction if row.override else None,
    "override_reason": lambda row: row.override.reason if row.override else None,
    "decided_by": lambda row: row.decided_by.username,
    "confirmed_by": lambda row: row.confirmed_by.username if row.confirmed_by else None,
    "recommendation": lambda row: row.score.recommendation,
    "probability_of_default": lambda row: row.score.probability_of_default,
    "cutoff": lambda row: row.score.cutoff,
    "score_points": lambda row: row.score.score_points,
    "risk_grade": lambda row: row.score.risk_grade,
    "policy_findings": lambda row: row.score.policy_findings,
    "model_version": lambda row: row.score.model_version.version,
    "bundle_checksum": lambda row: row.score.bundle_checksum,
    "policy_version": lambda row: row.score.policy.version,
}
COLUMNS = tuple(_READ)


def values_of(decision: Decision) -> list[Any]:
    return [read(decision) for read in _READ.values()]


def in_parts(rows: QuerySet[Decision], size: int = AT_ONCE) -> Iterator[list[Decision]]:
    """The oldest first, a part at a time by the last id seen: no cursor stays open, and no statement takes long."""
    rows = rows.select_related(None).select_related(
        "application__branch", "score__model_version", "score__policy", "decided_by", "confirmed_by", "override"
    )
    rows = rows.defer("note_encrypted", "score__features", "score__model_version__manifest", "override__note_encrypted")
    part = list(rows.order_by("id")[:size])
    while part:
        yield part
        part = list(rows.filter(id__gt=part[-1].id).order_by("id")[:size])
