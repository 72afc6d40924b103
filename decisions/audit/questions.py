"""A question to the decisions: which ones, said as a narrowed query."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from common.ids import earliest_id
from common.periods import SLACK
from decisions.enums import Direction, OverrideReason
from decisions.models import Decision
from decisions.selectors import decisions_search, decisions_visible_to
from scoring.enums import ModelState
from scoring.models import ModelVersion

MOST_COUNTED = 10_000
OF_THE_DECISION = ("outcome", "stage")


def decisions_asked(*, user: User, asked: Mapping[str, Any]) -> QuerySet[Decision]:
    """``asked`` is what a valid ``QuestionForm`` holds; every part left empty asks for nothing."""
    rows = decisions_search(decisions_visible_to(user), asked.get("q") or "", user=user)
    found: QuerySet[Decision] = rows.filter(*_conditions(asked))
    return found


def count_up_to(rows: QuerySet[Any], most: int = MOST_COUNTED) -> int:
    """Exact up to ``most``; one more where there are more, so that no list waits for a million rows to be counted."""
    return rows.order_by()[: most + 1].count()


def _conditions(asked: Mapping[str, Any]) -> list[Q]:
    conditions = [Q(**{name: asked[name]}) for name in OF_THE_DECISION if asked.get(name)]
    conditions += [build(asked[name]) for name, build in _BUILDERS.items() if asked.get(name) not in (None, "")]
    return conditions


def _of_override(value: str) -> Q:
    if value in Direction.values:
        return Q(override__direction=value)
    return Q(override__isnull=value == "no")


def _of_reason(code: str) -> Q:
    if code in OverrideReason.values:
        return Q(override__reason=code)
    return Q(reasons__contains=[{"reason_code": code}])


def _of_model(version: ModelVersion) -> Q:
    """A retired model's decisions end long before the newest: where they end is asked first, not walked to."""
    made = Q(score__model_version=version)
    if version.state == ModelState.CHAMPION:
        return made
    latest = Decision.objects.filter(made).aggregate(latest=Max("created_at"))["latest"]
    return made & Q(id__lt=earliest_id(latest + SLACK)) if latest else Q(id__in=[])


def _from(day: date) -> Q:
    """By the primary key as well: ids are ordered by time, so a period needs no index of its own."""
    start = _start(day)
    return Q(id__gte=earliest_id(start - SLACK), created_at__gte=start)


def _until(day: date) -> Q:
    end = _start(day + timedelta(days=1))
    return Q(id__lt=earliest_id(end), created_at__lt=end)


def _start(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


_BUILDERS = {
    "override": _of_override,
    "officer": lambda officer: Q(decided_by=officer),
    "confirmer": lambda person: Q(confirmed_by=person),
    "branch": lambda branch: Q(application__branch=branch),
    "since": _from,
    "until": _until,
    "product": lambda product: Q(application__product=product),
    "model": _of_model,
    "grade": lambda grade: Q(score__risk_grade=grade),
    "reason": _of_reason,
    "least": lambda amount: Q(application__amount__gte=amount),
    "most": lambda amount: Q(application__amount__lte=amount),
}
