"""What officers and seniors start with: what is theirs, late, decided, and waits for a second person."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.enums import Act
from accounts.models import User
from accounts.permissions import may
from applications import lifecycle
from applications.enums import Status
from applications.models import Application
from applications.selectors import applications_visible_to
from common import formatting
from common.panels import ADVERSE, FAVOURABLE, NEUTRAL, Column, Panel, Series, bars, number_column
from common.periods import since
from decisions import selectors
from decisions.enums import Outcome
from decisions.home import WEEK, Home, Tile, counted, part
from decisions.models import Contest, Decision
from decisions.overrides import month_of, override_month, override_panels

SHOWN = 8
# how far the promised time is, in hours; the first bucket is what is late
STEPS = (0, 4, 24, 48)


@part(Act.DECIDE)
def desk(user: User, home: Home) -> None:
    opened = applications_visible_to(user).filter(status__in=lifecycle.OPEN)
    buckets = _buckets(opened.filter(assigned_to=user))
    mine = sum(sum(pair) for pair in buckets)
    home.tiles += _desk_tiles(opened, mine)
    if not may(user, Act.REVIEW):
        home.panels += [_promise_panel(buckets), _week_panel(user)]


@part(Act.REVIEW)
def second_person(user: User, home: Home) -> None:
    [waiting] = counted(selectors.reviews_waiting(user=user))
    desk_url = reverse("decisions:senior-desk")
    home.tiles.insert(0, Tile(_("Waiting for you"), waiting, _("overrides to answer"), desk_url))
    month = override_month(branch=user.branch, first=month_of(""))
    panels = override_panels(month)
    home.panels += [panel.leading_to(desk_url, _("To the senior's desk")) for panel in panels]


@part(Act.DECIDE)
def contests(user: User, home: Home) -> None:
    rows = Contest.objects.filter(application__branch=user.branch, answer__isnull=True)
    found = rows.aggregate(all=Count("id"), late=Count("id", filter=Q(due_on__lt=timezone.localdate())))
    late = ngettext("%(count)s past its due date", "%(count)s past their due date", found["late"])
    note = late % {"count": formatting.number(found["late"])}
    home.tiles.append(Tile(_("Contests"), formatting.number(found["all"]), note, reverse("decisions:contest-list")))


@part(Act.READ_DECISIONS)
def decided(user: User, home: Home) -> None:
    recent = selectors.decisions_visible_to(user).filter(since(timezone.now() - WEEK)).order_by()
    found = recent.aggregate(all=Count("id"), overrides=Count("override"))
    history = reverse("decisions:decision-list")
    note = _("in the last 7 days")
    home.tiles += [
        Tile(_("Decisions"), formatting.number(found["all"]), note, history),
        Tile(_("Against the advice"), formatting.number(found["overrides"]), note, f"{history}?override=yes"),
    ]


def next_cases(user: User) -> list[Application]:
    """What an officer could do first: the oldest promises that are ready to be decided and not in other hands."""
    if not may(user, Act.DECIDE):
        return []
    ready = applications_visible_to(user).filter(status=Status.EXPLAINED)
    free = ready.filter(Q(assigned_to=user) | Q(assigned_to=None))
    return list(free.order_by("due_at", "id")[:SHOWN])


def latest_decisions(user: User) -> list[Decision]:
    """For those who read and do not decide."""
    if may(user, Act.DECIDE) or not may(user, Act.READ_DECISIONS):
        return []
    return list(selectors.decisions_visible_to(user).order_by("-id")[:SHOWN])


def _desk_tiles(opened: QuerySet[Application], mine: int) -> list[Tile]:
    queue = reverse("decisions:case-queue")
    ready, late = counted(opened.filter(status=Status.EXPLAINED), opened.filter(due_at__lt=timezone.now()))
    taken = _("that you took and did not decide yet")
    return [
        Tile(_("My cases"), formatting.number(mine), taken, f"{queue}?which=mine"),
        Tile(_("Ready to decide"), ready, _("in your branch, reasons shown"), f"{queue}?status=explained"),
        Tile(_("Late"), late, _("open past the promised time"), queue),
    ]


def _buckets(rows: QuerySet[Application]) -> list[tuple[int, int]]:
    """Ready to decide and not yet, by how far the promised time is; one query."""
    now = timezone.now()
    edges = [now + timedelta(hours=hours) for hours in STEPS]
    within = [
        Q(due_at__lt=edges[0]),
        *(Q(due_at__gte=low, due_at__lt=high) for low, high in pairwise(edges)),
        Q(due_at__gte=edges[-1]) | Q(due_at=None),
    ]
    ready = Q(status=Status.EXPLAINED)
    counts = {f"ready_{place}": Count("id", filter=part & ready) for place, part in enumerate(within)}
    counts |= {f"other_{place}": Count("id", filter=part & ~ready) for place, part in enumerate(within)}
    found = rows.order_by().aggregate(**counts)
    return [(found[f"ready_{place}"], found[f"other_{place}"]) for place in range(len(within))]


def _promise_panel(buckets: list[tuple[int, int]]) -> Panel:
    hours = _("within %(hours)s hours")
    names = [_("late"), *(hours % {"hours": step} for step in STEPS[1:]), _("later")]
    ready, other = [pair[0] for pair in buckets], [pair[1] for pair in buckets]
    series = [Series(_("ready to decide"), ready, FAVOURABLE), Series(_("not ready yet"), other, NEUTRAL, "/")]
    return Panel(
        key="promise",
        heading=_("My cases against the promised time"),
        finding=_promise_finding(sum(buckets[0]), sum(ready) + sum(other)),
        columns=[Column(_("Promised")), number_column(_("Ready to decide")), number_column(_("Not ready yet"))],
        rows=[[name, *map(formatting.number, pair)] for name, pair in zip(names, buckets, strict=True)],
        figure=bars(names, series, _("cases")) if sum(ready) + sum(other) else None,
    )


def _promise_finding(late: int, mine: int) -> str:
    if not mine:
        return _("You hold no case.")
    if not late:
        words = ngettext("Your %(mine)s case is in time.", "Your %(mine)s cases are in time.", mine)
    else:
        words = ngettext("%(late)s of your %(mine)s cases is late.", "%(late)s of your %(mine)s cases are late.", late)
    return words % {"late": formatting.number(late), "mine": formatting.number(mine)}


def _week_panel(user: User) -> Panel:
    days, counts = _week_counts(user)
    outcomes = [
        (Outcome.APPROVE, _("Approved"), FAVOURABLE, ""),
        (Outcome.COUNTER_OFFER, _("Counter-offer"), NEUTRAL, "."),
        (Outcome.DECLINE, _("Declined"), ADVERSE, "/"),
    ]
    names = [formatting.day(day) for day in days]
    table = [[counts[day, outcome] for outcome, *_rest in outcomes] for day in days]
    totals = [sum(column) for column in zip(*table, strict=True)]
    series = [
        Series(name, [row[place] for row in table], color, pattern)
        for place, (_outcome, name, color, pattern) in enumerate(outcomes)
    ]
    return Panel(
        key="week",
        heading=_("What I decided in the last 7 days"),
        finding=_week_finding(totals),
        columns=[Column(_("Day")), *(number_column(name) for _outcome, name, *_rest in outcomes)],
        rows=[[name, *map(formatting.number, row)] for name, row in zip(names, table, strict=True)],
        figure=bars(names, series, _("decisions")) if sum(totals) else None,
    )


def _week_counts(user: User) -> tuple[list[date], Counter[Any]]:
    today = timezone.localdate()
    days = [today - timedelta(days=back) for back in range(7)]
    rows = Decision.objects.filter(since(timezone.now() - WEEK), decided_by=user)
    found = rows.annotate(day=TruncDate("created_at")).values_list("day", "outcome").annotate(count=Count("id"))
    return days, Counter({(day, outcome): count for day, outcome, count in found.order_by()})


def _week_finding(totals: list[int]) -> str:
    if not sum(totals):
        return _("You decided nothing in the last 7 days.")
    approved, offered, declined = map(formatting.number, totals)
    words = ngettext(
        "You decided %(count)s case: %(approved)s approved, %(offered)s with a counter-offer, %(declined)s declined.",
        "You decided %(count)s cases: %(approved)s approved, %(offered)s with a counter-offer, %(declined)s declined.",
        sum(totals),
    )
    return words % {
        "count": formatting.number(sum(totals)),
        "approved": approved,
        "offered": offered,
        "declined": declined,
    }
