"""The few numbers that each role starts the day with."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import Act
from accounts.models import User
from accounts.permissions import may
from applications import lifecycle
from applications.enums import Status
from applications.models import Application
from applications.selectors import applications_visible_to
from applications.wording import product_choices
from common import formatting
from decisions import selectors
from decisions.models import Decision
from scoring.enums import ModelState
from scoring.models import ModelVersion, Score

COUNTED = 1000
SHOWN = 8
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Tile:
    label: str
    number: str
    note: str
    url: str


def tiles(user: User) -> list[Tile]:
    parts = (
        (Act.DECIDE, _desk_tiles),
        (Act.REVIEW, _review_tiles),
        (Act.READ_DECISIONS, _decision_tiles),
        (Act.READ_MONITORING, _model_tiles),
        (Act.MANAGE_ACCESS, _access_tiles),
    )
    return [tile for act, build in parts if may(user, act) for tile in build(user)]


def next_cases(user: User) -> list[Application]:
    """What an officer could do first: the oldest promises that are ready to be decided and not in other hands."""
    if not may(user, Act.DECIDE):
        return []
    ready = applications_visible_to(user).filter(status=Status.EXPLAINED)
    free = ready.filter(Q(assigned_to=user) | Q(assigned_to=None))
    return list(free.order_by("due_at", "id")[:SHOWN])


def latest_decisions(user: User) -> list[Decision]:
    """For those who read and do not decide."""
    if may(user, Act.DECIDE):
        return []
    return list(selectors.decisions_visible_to(user).order_by("-id")[:SHOWN])


def _desk_tiles(user: User) -> list[Tile]:
    opened = applications_visible_to(user).filter(status__in=lifecycle.OPEN)
    queue = reverse("decisions:case-queue")
    mine, ready = opened.filter(assigned_to=user), opened.filter(status=Status.EXPLAINED)
    late = opened.filter(due_at__lt=timezone.now())
    return [
        Tile(_("My cases"), _count(mine), _("that you took and did not decide yet"), f"{queue}?which=mine"),
        Tile(_("Ready to decide"), _count(ready), _("in your branch, reasons shown"), f"{queue}?status=explained"),
        Tile(_("Late"), _count(late), _("open past the promised time"), queue),
    ]


def _review_tiles(user: User) -> list[Tile]:
    waiting = selectors.reviews_waiting(user=user)
    return [Tile(_("Waiting for you"), _count(waiting), _("overrides to answer"), reverse("decisions:review-list"))]


def _decision_tiles(user: User) -> list[Tile]:
    recent = selectors.decisions_visible_to(user).filter(created_at__gte=timezone.now() - WEEK)
    history = reverse("decisions:decision-list")
    overrides = recent.filter(override__isnull=False)
    return [
        Tile(_("Decisions"), _count(recent), _("in the last 7 days"), history),
        Tile(_("Against the advice"), _count(overrides), _("in the last 7 days"), f"{history}?override=yes"),
    ]


def _model_tiles(user: User) -> list[Tile]:
    champions = list(ModelVersion.objects.filter(state=ModelState.CHAMPION).order_by("promoted_at").defer("manifest"))
    scores = Score.objects.filter(created_at__gte=timezone.now() - WEEK)
    monitoring = _address("monitoring:monitoring-overview")
    return [
        Tile(_("Scores"), _count(scores), _("in the last 7 days"), monitoring),
        *(_champion_tile(champion, monitoring, alone=len(champions) == 1) for champion in champions),
        *([] if champions else [Tile(_("Model in service"), _("none"), "", monitoring)]),
    ]


def _champion_tile(champion: ModelVersion, monitoring: str, *, alone: bool) -> Tile:
    since = champion.promoted_at
    note = _("since %(day)s") % {"day": formatting.day(timezone.localtime(since))} if since else ""
    product = dict(product_choices()).get(champion.product, champion.product)
    label = _("Model in service") if alone else _("Model in service: %(product)s") % {"product": product}
    return Tile(label, champion.version, note, f"{monitoring}?product={champion.product}" if monitoring else "")


def _access_tiles(user: User) -> list[Tile]:
    people = User.objects.filter(is_active=True)
    return [Tile(_("Active users"), _count(people), "", reverse("admin:index"))]


def _count(rows: QuerySet[Any]) -> str:
    """Exact up to a thousand: beyond that nobody acts on the digit, and counting a million rows would cost seconds."""
    found = rows.order_by()[: COUNTED + 1].count()
    return f"{formatting.number(COUNTED)}+" if found > COUNTED else formatting.number(found)


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
