"""Which contests there are, and what stands between a person and one of them."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import Act
from accounts.models import User
from accounts.permissions import may
from applications.selectors import PAGE_SIZE, Page, applications_visible_to
from common.errors import NotFound
from decisions.contests.policy import is_out_of_time
from decisions.models import Contest

STATES = ("open", "answered")


@dataclass(frozen=True)
class ContestState:
    """A contest as pages show it; a template cannot ask whether a row on the other side exists."""

    contest: Contest

    @property
    def answer(self) -> Any:
        return getattr(self.contest, "answer", None)

    @property
    def is_out_of_time(self) -> bool:
        """Needs the decision at hand."""
        return is_out_of_time(
            received_on=self.contest.received_on,
            decided_on=timezone.localdate(self.contest.decision.created_at),
            contest_days=settings.LENDER["contest_days"],
        )

    @property
    def is_late(self) -> bool:
        return is_late(self.contest, timezone.localdate())


def contests() -> QuerySet[Contest]:
    return Contest.objects.select_related(
        "application__applicant",
        "application__assigned_to",
        "decision__decided_by",
        "decision__confirmed_by",
        "recorded_by",
        "answer__reviewer",
    )


def contests_visible_to(user: User) -> QuerySet[Contest]:
    return contests().filter(application__in=applications_visible_to(user).values("id"))


def contest_get(*, user: User, contest_id: uuid.UUID) -> Contest:
    rows = contests_visible_to(user).select_related("decision__score", "application__applicant__subject_key")
    contest: Contest | None = rows.filter(id=contest_id).first()
    if contest is None:
        raise NotFound(_("No such contest."))
    return contest


def contest_of_case(application_id: uuid.UUID) -> ContestState | None:
    """A case has one contest at most: what was decided after it is contested no more."""
    contest = Contest.objects.select_related("recorded_by", "answer__reviewer").filter(application_id=application_id)
    found = contest.first()
    return ContestState(found) if found else None


def contests_open(user: User) -> QuerySet[Contest]:
    """Of the reader's branch, the nearest due date first."""
    return contests_visible_to(user).filter(answer__isnull=True).order_by("due_on", "id")


def contest_page(*, user: User, state: str, after: str | None) -> Page:
    """Open ones by due date, answered ones from the newest."""
    rows = contests_visible_to(user).filter(answer__isnull=state == "open")
    if after:
        rows = _after(rows, user, after, state)
    rows = rows.order_by("due_on", "id") if state == "open" else rows.order_by("-id")
    found = list(rows[: PAGE_SIZE + 1])
    more = len(found) > PAGE_SIZE
    return Page(rows=states(found[:PAGE_SIZE]), next_after=str(found[PAGE_SIZE - 1].id) if more else None)


def states(rows: Iterable[Contest]) -> list[ContestState]:
    return [ContestState(row) for row in rows]


def is_late(contest: Contest, today: date) -> bool:
    return contest.due_on < today and not hasattr(contest, "answer")


def obstacle(contest: Contest, user: User) -> str:
    """Why this person cannot examine this contest now, in words; empty when nothing stands in the way."""
    if hasattr(contest, "answer"):
        return _("This contest is answered.")
    if not may(user, Act.REVIEW):
        return _("A senior officer of the branch examines it.")
    if user.pk in (contest.decision.decided_by_id, contest.decision.confirmed_by_id):
        return _("You took part in the first decision: another person examines the contest.")
    owner = contest.application.assigned_to
    if owner is not None and owner.pk != user.pk:
        return _("%(owner)s already examines this contest.") % {"owner": owner}
    return ""


def _after(rows: QuerySet[Contest], user: User, after: str, state: str) -> QuerySet[Contest]:
    try:
        cursor = contest_get(user=user, contest_id=uuid.UUID(after))
    except ValueError as error:
        raise NotFound(_("No such page.")) from error
    if state == "answered":
        return rows.filter(id__lt=cursor.id)
    return rows.filter(Q(due_on__gt=cursor.due_on) | Q(due_on=cursor.due_on, id__gt=cursor.id))
