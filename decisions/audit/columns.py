"""What an export says of a decision: ids, codes and figures of the record; no name or address of the applicant."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from decisions.models import Decision
from explanations.wording import reason_text

AT_ONCE = 1_000

# column: where it is read, and what is made of it when it is there
_READ: dict[str, tuple[str, Callable[[Any], Any] | None]] = {
    "decision_id": ("id", str),
    "decided_at": ("created_at", None),
    "application_id": ("application_id", str),
    "external_id": ("application__external_id", None),
    "case_reference": ("application__reference", None),
    "branch": ("application__branch__name", None),
    "product": ("application__product", None),
    "amount": ("application__amount", None),
    "currency": ("application__currency", None),
    "stage": ("stage", None),
    "outcome": ("outcome", None),
    "reason_codes": ("reasons", lambda reasons: [reason["reason_code"] for reason in reasons]),
    "reasons": ("reasons", lambda reasons: [reason_text(reason) for reason in reasons]),
    "override_direction": ("override__direction", None),
    "override_reason": ("override__reason", None),
    "decided_by": ("decided_by__username", None),
    "decided_by_id": ("decided_by_id", str),
    "confirmed_by": ("confirmed_by__username", None),
    "confirmed_by_id": ("confirmed_by_id", str),
    "recommendation": ("score__recommendation", None),
    "probability_of_default": ("score__probability_of_default", None),
    "cutoff": ("score__cutoff", None),
    "score_points": ("score__score_points", None),
    "risk_grade": ("score__risk_grade", None),
    "policy_findings": ("score__policy_findings", None),
    "model_version": ("score__model_version__version", None),
    "bundle_checksum": ("score__bundle_checksum", None),
    "policy_version": ("score__policy__version", None),
}
COLUMNS = tuple(_READ)
_PATHS = list(dict.fromkeys(path for path, _made in _READ.values()))
_MADE = [(_PATHS.index(path), made) for path, made in _READ.values()]


def in_parts(rows: QuerySet[Decision], size: int = AT_ONCE) -> Iterator[list[list[Any]]]:
    """The oldest first, a part at a time by the last id seen: no cursor stays open, and no statement takes long."""
    values = rows.select_related(None).order_by("id").values_list(*_PATHS)
    part = list(values[:size])
    while part:
        yield [_cells(row) for row in part]
        part = list(values.filter(id__gt=part[-1][0])[:size])


def _cells(row: Sequence[Any]) -> list[Any]:
    values = [(row[place], made) for place, made in _MADE]
    return [value if made is None or value is None else made(value) for value, made in values]
