"""How often decisions went against the advice, by who, where, when and in which score band."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth
from django.utils import formats
from django.utils.translation import gettext as _

from accounts.models import Branch, User
from common import formatting
from decisions.enums import Direction, OverrideReason
from decisions.models import Decision

FEW = 30
"""Under so many decisions one override moves the rate by more than three points: marked, and never compared."""


@dataclass(frozen=True)
class Line:
    """One officer, branch, month or band: what was decided, and how much of it against the advice."""

    key: Any
    name: str
    decided: int
    low_side: int
    high_side: int
    filters: Mapping[str, str]

    @property
    def against(self) -> int:
        return self.low_side + self.high_side

    @property
    def rate(self) -> float:
        return self.against / self.decided if self.decided else 0.0

    @property
    def is_few(self) -> bool:
        return self.decided < FEW


@dataclass(frozen=True)
class ReasonLine:
    """How often one reason was given in one direction."""

    direction: Direction
    reason: OverrideReason
    count: int
    filters: Mapping[str, str]


@dataclass(frozen=True)
class Statistics:
    whole: Line
    by_officer: list[Line]
    by_branch: list[Line]
    by_month: list[Line]
    by_band: list[Line]
    by_reason: list[ReasonLine]


def override_statistics(rows: QuerySet[Decision]) -> Statistics:
    """Four queries, whatever there is to count: two passes over the decisions ``rows``, each with few groups."""
    rows = rows.order_by()
    made_by = _grouped(rows, "decided_by", "application__branch", "override__reason")
    made_on = _grouped(rows.annotate(month=TruncMonth("created_at")), "month", "score__risk_grade")
    officers, branches = _counts(made_by, 0), _counts(made_by, 1)
    months, bands = _counts(made_on, 0), _counts(made_on, 1)
    people, places = User.objects.in_bulk(officers), Branch.objects.in_bulk(branches)
    by_officer = [_line(key, str(people[key]), counts, {"officer": str(key)}) for key, counts in officers.items()]
    by_branch = [_line(key, str(places[key]), counts, {"branch": str(key)}) for key, counts in branches.items()]
    by_month = [_line(key, _month(key), counts, _of_month(key.date())) for key, counts in sorted(months.items())]
    return Statistics(
        whole=_line(None, _("All decisions"), _sum(branches.values()), {}),
        by_officer=_by_rate(by_officer),
        by_branch=_by_rate(by_branch),
        by_month=by_month,
        by_band=[_line(key, key, counts, {"grade": key}) for key, counts in sorted(bands.items())],
        by_reason=_reasons(made_by),
    )


Counts = Mapping[str | None, int]


def _grouped(rows: QuerySet[Decision], *keys: str) -> list[Any]:
    """The keys, then the direction (None: as advised), then how many."""
    return list(rows.values_list(*keys, "override__direction").annotate(count=Count("id")).order_by())


def _counts(groups: Sequence[Any], place: int) -> dict[Any, Counts]:
    """Decisions by direction (None: as advised) of each officer, branch, month or band."""
    found: dict[Any, Counter[str | None]] = defaultdict(Counter)
    for group in groups:
        found[group[place]][group[-2]] += group[-1]
    return dict(found)


def _sum(groups: Iterable[Counts]) -> Counts:
    total: dict[str | None, int] = defaultdict(int)
    for counts in groups:
        for direction, count in counts.items():
            total[direction] += count
    return total


def _line(key: Any, name: str, counts: Counts, filters: Mapping[str, str]) -> Line:
    low_side, high_side = counts.get(Direction.LOW_SIDE, 0), counts.get(Direction.HIGH_SIDE, 0)
    return Line(key, name, sum(counts.values()), low_side, high_side, filters)


def _by_rate(lines: list[Line]) -> list[Line]:
    """Groups that can be compared first, the highest rate on top; then the small ones."""
    return sorted(lines, key=lambda line: (line.is_few, -line.rate, -line.decided, line.name))


def _reasons(groups: Sequence[Any]) -> list[ReasonLine]:
    found: Counter[tuple[str, str]] = Counter()
    for group in groups:
        if group[-2]:
            found[group[-2], group[2]] += group[-1]
    return [
        ReasonLine(Direction(side), OverrideReason(reason), count, {"override": side, "reason": reason})
        for (side, reason), count in sorted(found.items(), key=lambda item: (-item[1], item[0]))
    ]


def _month(first: date) -> str:
    return str(formats.date_format(first, "YEAR_MONTH_FORMAT"))


def _of_month(first: date) -> dict[str, str]:
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return {"since": first.isoformat(), "until": last.isoformat()}


def whole_finding(whole: Line) -> str:
    if not whole.decided:
        return _("Nothing was decided in this period.")
    words = _(
        "Against the advice: %(against)s of %(decided)s decisions (%(rate)s). Approved: %(low)s; not granted as "
        "asked: %(high)s."
    )
    return words % {
        "against": formatting.number(whole.against),
        "decided": formatting.number(whole.decided),
        "rate": formatting.percent(whole.rate),
        "low": formatting.number(whole.low_side),
        "high": formatting.number(whole.high_side),
    }


def group_finding(lines: list[Line], whole: Line) -> str:
    """The highest rate among the groups that are large enough to have one."""
    if len(lines) == 1:
        return _("All decisions are in one group: %(name)s.") % {"name": lines[0].name}
    large = [line for line in lines if not line.is_few]
    if not large:
        return _("No group has %(few)s decisions: the rates say little.") % {"few": FEW}
    most = max(large, key=lambda line: (line.rate, line.decided))
    if not most.against:
        return _("No group of at least %(few)s decisions went against the advice.") % {"few": FEW}
    words = _("Highest: %(name)s with %(rate)s (%(against)s of %(decided)s); over all groups %(whole)s.")
    return words % {
        "name": most.name,
        "rate": formatting.percent(most.rate),
        "against": formatting.number(most.against),
        "decided": formatting.number(most.decided),
        "whole": formatting.percent(whole.rate),
    }


def month_finding(lines: list[Line]) -> str:
    large = [line for line in lines if not line.is_few]
    if len(large) < 2:
        return _("Fewer than two months have %(few)s decisions: there is no course to see yet.") % {"few": FEW}
    first, last = large[0], large[-1]
    return _("From %(before)s in %(first)s to %(after)s in %(last)s.") % {
        "before": formatting.percent(first.rate),
        "first": first.name,
        "after": formatting.percent(last.rate),
        "last": last.name,
    }


def reason_finding(lines: list[ReasonLine], whole: Line) -> str:
    if not lines:
        return _("No decision went against the advice.")
    words = _("Most often: %(direction)s, “%(reason)s” (%(count)s of %(against)s).")
    return words % {
        "direction": str(lines[0].direction.label),
        "reason": str(lines[0].reason.label),
        "count": formatting.number(lines[0].count),
        "against": formatting.number(whole.against),
    }
