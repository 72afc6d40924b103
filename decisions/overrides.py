"""How often a branch went against the advice in a month: by officer and by score band."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Count, Q
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Branch, User
from common import formatting
from common.errors import NotFound
from common.panels import ADVERSE, FAVOURABLE, Column, Panel, Series, bars, number_column
from common.periods import between
from decisions.enums import Direction, Verdict
from decisions.models import Decision, Override

CLOSED_AGAINST = (Verdict.REFUSED, Verdict.WITHDRAWN)


@dataclass(frozen=True)
class Line:
    """Of one officer or one band: how much was decided, what was proposed against the advice, what became of it."""

    name: str
    decided: int
    low_side: int
    high_side: int
    confirmed: int
    closed: int

    @property
    def proposed(self) -> int:
        return self.low_side + self.high_side

    @property
    def waiting(self) -> int:
        return self.proposed - self.confirmed - self.closed


@dataclass(frozen=True)
class Month:
    first: date
    by_officer: list[Line]
    by_band: list[Line]

    @property
    def words(self) -> str:
        return str(formats.date_format(self.first, "YEAR_MONTH_FORMAT"))

    @property
    def before(self) -> str:
        return f"{_shift(self.first, -1):%Y-%m}"

    @property
    def after(self) -> str:
        """Empty for the month that is not over."""
        following = _shift(self.first, 1)
        return f"{following:%Y-%m}" if following <= timezone.localdate() else ""


def month_of(text: str) -> date:
    """The first day of a month written as 2026-11; without text, of this month."""
    if not text:
        return timezone.localdate().replace(day=1)
    try:
        first = datetime.strptime(text, "%Y-%m").date()
    except ValueError as error:
        raise NotFound(_("No such month.")) from error
    if not date(2000, 1, 1) <= first <= timezone.localdate():
        raise NotFound(_("No such month."))
    return first


def override_month(*, branch: Branch | None, first: date) -> Month:
    """Three queries, whatever there is to count."""
    within = between(_start(first), _start(_shift(first, 1))) & Q(application__branch=branch)
    proposed = list(
        Override.objects.filter(within)
        .values_list("proposed_by", "score__risk_grade", "direction", "review__verdict")
        .annotate(count=Count("id"))
        .order_by()
    )
    decided = list(
        Decision.objects.filter(within)
        .values_list("decided_by", "score__risk_grade")
        .annotate(count=Count("id"))
        .order_by()
    )
    people = User.objects.in_bulk({row[0] for row in proposed} | {row[0] for row in decided})
    by_officer = _lines([(row[0], *row[2:]) for row in proposed], [(row[0], row[2]) for row in decided])
    by_band = _lines([row[1:] for row in proposed], [row[1:] for row in decided])
    named = [_named(line, str(people[key])) for key, line in by_officer.items()]
    return Month(
        first=first,
        by_officer=sorted(named, key=lambda line: (-line.proposed, -line.decided, line.name)),
        by_band=[_named(line, str(band)) for band, line in sorted(by_band.items())],
    )


def override_panels(month: Month) -> list[Panel]:
    return [
        _panel(
            "officers", _("Against the advice, by officer"), _("Officer"), month.by_officer, _officer_finding(month)
        ),
        _panel("bands", _("Against the advice, by score band"), _("Grade"), month.by_band, _band_finding(month)),
    ]


def _lines(proposed: Iterable[Any], decided: Iterable[Any]) -> dict[Any, Line]:
    sides, fates, made = Counter[Any](), Counter[Any](), Counter[Any]()
    for key, direction, verdict, count in proposed:
        sides[key, direction] += count
        fates[key, verdict] += count
    for key, count in decided:
        made[key] += count
    return {
        key: Line(
            name="",
            decided=made[key],
            low_side=sides[key, Direction.LOW_SIDE],
            high_side=sides[key, Direction.HIGH_SIDE],
            confirmed=fates[key, Verdict.CONFIRMED],
            closed=sum(fates[key, verdict] for verdict in CLOSED_AGAINST),
        )
        for key in {key for key, _side in sides} | set(made)
    }


def _named(line: Line, name: str) -> Line:
    return Line(name, line.decided, line.low_side, line.high_side, line.confirmed, line.closed)


def _officer_finding(month: Month) -> str:
    lines = month.by_officer
    proposed, decided = sum(line.proposed for line in lines), sum(line.decided for line in lines)
    if not proposed:
        return _("Nobody went against the advice in %(month)s.") % {"month": month.words}
    confirmed = sum(line.confirmed for line in lines)
    words = ngettext(
        "%(count)s override was proposed in %(month)s, at most %(most)s by one person (%(who)s); "
        "%(share)s of the decisions went against the advice.",
        "%(count)s overrides were proposed in %(month)s, at most %(most)s by one person (%(who)s); "
        "%(share)s of the decisions went against the advice.",
        proposed,
    )
    return words % {
        "count": formatting.number(proposed),
        "month": month.words,
        "who": lines[0].name,
        "most": formatting.number(lines[0].proposed),
        "share": formatting.percent(confirmed / max(1, decided)),
    }


def _band_finding(month: Month) -> str:
    most = max(month.by_band, key=lambda line: line.proposed, default=None)
    if most is None or not most.proposed:
        return _("No band has an override.")
    return _("No grade has more overrides than %(grade)s: %(count)s (decisions in this grade: %(decided)s).") % {
        "grade": most.name,
        "count": formatting.number(most.proposed),
        "decided": formatting.number(most.decided),
    }


def _panel(key: str, heading: str, first: str, lines: list[Line], finding: str) -> Panel:
    numbers = (
        _("Decisions"),
        _("Approved against the advice"),
        _("Not granted, against the advice"),
        _("Confirmed"),
        _("Refused or withdrawn"),
        _("Waiting"),
    )
    rows = [[line.name, *map(formatting.number, _counts(line))] for line in lines]
    return Panel(
        key=key,
        heading=heading,
        finding=finding,
        columns=[Column(first), *(number_column(label) for label in numbers)],
        rows=rows,
        figure=_figure(lines),
    )


def _counts(line: Line) -> tuple[int, ...]:
    return (line.decided, line.low_side, line.high_side, line.confirmed, line.closed, line.waiting)


def _figure(lines: list[Line]) -> dict[str, Any] | None:
    if not any(line.proposed for line in lines):
        return None
    series = [
        Series(_("approved against the advice"), [line.low_side for line in lines], FAVOURABLE),
        Series(_("not granted, against the advice"), [line.high_side for line in lines], ADVERSE, "/"),
    ]
    return bars([line.name for line in lines], series, _("overrides proposed"))


def _shift(first: date, months: int) -> date:
    place = first.year * 12 + first.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def _start(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
