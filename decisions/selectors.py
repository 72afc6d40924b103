"""What the officer's and the auditor's pages show, read in as few queries as they need."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import Act
from accounts.models import ApiKey, User
from accounts.permissions import may, sees_every_branch, who_may
from applications import lifecycle
from applications.enums import Status
from applications.models import Application, CreditFile
from applications.selectors import (
    Page,
    application_get,
    applications_visible_to,
    closest,
    document,
    page_of,
    search,
)
from applications.services import SCORE_JOB, contract_of
from common.errors import NotFound
from common.models import Job, LedgerEvent
from decisions.contests.selectors import ContestState, contest_of_case
from decisions.enums import HIGH_SIDE_REASONS, LOW_SIDE_REASONS
from decisions.models import Decision, Override, Referral
from explanations.models import Explanation
from scoring.models import Score
from scoring.selectors import score_of
from scoring.services import EXPLAIN_JOB

REPLAYED_AT_ONCE = 25
_REFERRALS = Referral.objects.filter(application=OuterRef("pk"))


@dataclass(frozen=True)
class CaseView:
    """Everything the case page shows; ``explanation_job`` tells how far a pending explanation is."""

    application: Application
    latest: CreditFile | None
    score: Score | None
    explanation: Explanation | None
    pending_job: Job | None
    overrides: list[Override]
    decisions: list[Decision]
    referrals: list[Referral]
    events: list[LedgerEvent]
    contest: ContestState | None = None
    low_side_reasons: tuple[Any, ...] = LOW_SIDE_REASONS
    high_side_reasons: tuple[Any, ...] = HIGH_SIDE_REASONS

    @property
    def decision(self) -> Decision | None:
        """The one that stands: a case that is open again after a contest has none."""
        is_open = self.application.status in lifecycle.OPEN
        return self.decisions[0] if self.decisions and not is_open else None

    @cached_property
    def file(self) -> dict[str, Any]:
        """The latest version of the file, decrypted once; nothing of an erased person."""
        applicant = self.application.applicant
        if self.latest is None or applicant.is_erased:
            return {}
        self.latest.application = self.application
        return document(self.latest)

    @property
    def asked(self) -> dict[str, Any]:
        """The request itself, without the histories."""
        return dict(self.file.get(contract_of(self.application.product).root_table, {}))


def case_view(*, user: User, application_id: uuid.UUID) -> CaseView:
    rows = applications_visible_to(user).select_related("applicant__subject_key")
    application = application_get(rows=rows, application_id=application_id)
    latest = application.latest_file
    score = score_of(latest) if latest else None
    explanation = getattr(score, "explanation", None)
    decisions = list(_decisions().filter(application=application).order_by("-id"))
    return CaseView(
        application=application,
        latest=latest,
        score=score,
        explanation=explanation,
        pending_job=None if explanation else pending_job(latest, score),
        overrides=list(application.overrides.select_related("proposed_by", "review__reviewer").order_by("-id")),
        decisions=decisions,
        contest=contest_of_case(application.id) if decisions else None,
        referrals=list(application.referrals.select_related("referred_by").order_by("-id")),
        events=list(LedgerEvent.objects.filter(subject_id=application.id).order_by("-occurred_at")[:50]),
    )


def pending_job(latest: CreditFile | None, score: Score | None) -> Job | None:
    """The job that the page waits for: the score's, then the explanation's."""
    if score is not None:
        return Job.objects.filter(kind=EXPLAIN_JOB, key=str(score.id)).first()
    return Job.objects.filter(kind=SCORE_JOB, key=str(latest.id)).first() if latest else None


def queue(
    *,
    user: User,
    which: str = "branch",
    after: str | None = None,
    rows: QuerySet[Application] | None = None,
    text: str = "",
) -> Page:
    """Open cases, the oldest promise first. Keyset paging on (due_at, id): as fast at the end as at the start."""
    rows = applications_visible_to(user) if rows is None else rows
    rows = rows.annotate(is_referred=Exists(_REFERRALS))
    rows = _narrow(rows.filter(status__in=lifecycle.OPEN), user, which)
    found = search(_after(rows, user, after) if after else rows, text, user=user)
    page = page_of(found.order_by("due_at", "id"))
    return page if page.rows or after else closest(rows, text, user=user)


def colleagues(user: User) -> QuerySet[User]:
    """Those of the branch a senior may give a case to; nobody for others."""
    if not may(user, Act.REVIEW) or user.branch_id is None:
        return User.objects.none()
    return User.objects.filter(branch_id=user.branch_id, is_active=True, role__in=who_may(Act.DECIDE)).order_by(
        "last_name", "first_name", "username"
    )


def promised(rows: QuerySet[Application], due: str) -> QuerySet[Application]:
    """Cases past their promised time, or with a day left at most; every case for anything else."""
    now = timezone.now()
    if due == "late":
        return rows.filter(due_at__lt=now)
    return rows.filter(due_at__gte=now, due_at__lt=now + timedelta(days=1)) if due == "soon" else rows


def reviews_waiting(*, user: User) -> QuerySet[Override]:
    """Overrides of the branch that wait for a second person, without the reader's own."""
    if not may(user, Act.REVIEW):
        return Override.objects.none()
    return (
        Override.objects.select_related("application__applicant", "score", "proposed_by")
        .filter(application__branch_id=user.branch_id, application__status=Status.IN_REVIEW, review__isnull=True)
        .exclude(proposed_by=user)
        .order_by("id")
    )


def review_page(*, user: User, after: str | None) -> Page:
    """The oldest first; ids are ordered by time, so the last one seen is the cursor."""
    rows = reviews_waiting(user=user)
    if after:
        rows = rows.filter(id__gt=_cursor(after))
    return page_of(rows)


def override_get(*, user: User, override_id: uuid.UUID) -> Override:
    """An override of the reader's branch, answered or not, the reader's own included: the page says what it is."""
    rows = Override.objects.select_related(
        "application__applicant", "score", "proposed_by", "review__reviewer", "offer__score__credit_file"
    )
    visible: Override | None = rows.filter(application__in=applications_visible_to(user)).filter(id=override_id).first()
    if visible is None:
        raise NotFound(_("No such override."))
    return visible


def decisions_visible_to(user: User) -> QuerySet[Decision]:
    if not may(user, Act.READ_DECISIONS):
        return Decision.objects.none()
    rows = _decisions()
    return rows if sees_every_branch(user) else rows.filter(application__branch=user.branch)


def decisions_of_key(key: ApiKey) -> QuerySet[Decision]:
    return _decisions().filter(application__branch_id=key.branch_id)


def decisions_search(rows: QuerySet[Decision], text: str, *, user: User) -> QuerySet[Decision]:
    """By the case's reference or the applicant's name."""
    if not text.strip():
        return rows
    return rows.filter(application__in=search(applications_visible_to(user), text, user=user).values("id"))


def decision_get(*, rows: QuerySet[Decision], decision_id: uuid.UUID) -> Decision:
    decision = rows.filter(id=decision_id).first()
    if decision is None:
        raise NotFound(_("No such decision."))
    return decision


def decisions_to_replay(*, since: date | None = None, limit: int | None = None) -> Iterator[Decision]:
    """The oldest first, a part in memory at a time, and no cursor that holds all of them on the server."""
    rows = (
        Decision.objects.select_related(
            "score__model_version",
            "score__policy",
            "score__explanation",
            "score__credit_file__application__applicant__subject_key",
        )
        .defer("score__model_version__manifest", "score__explanation__counterfactuals")
        .prefetch_related("score__offers")
        .order_by("id")
    )
    if since:
        rows = rows.filter(created_at__date__gte=since)
    left = limit
    part = list(rows[: _at_once(left)])
    while part:
        yield from part
        left = None if left is None else left - len(part)
        part = list(rows.filter(id__gt=part[-1].id)[: _at_once(left)])


def _at_once(left: int | None) -> int:
    return REPLAYED_AT_ONCE if left is None else min(left, REPLAYED_AT_ONCE)


def _decisions() -> QuerySet[Decision]:
    return Decision.objects.select_related(
        "application__applicant",
        "application__branch",
        "score__model_version",
        "decided_by",
        "confirmed_by",
        "override",
        "offer__answer",
    ).defer("score__features", "score__model_version__manifest")


def _narrow(rows: QuerySet[Application], user: User, which: str) -> QuerySet[Application]:
    if which == "mine":
        return rows.filter(assigned_to=user)
    if which == "unassigned":
        return rows.filter(assigned_to__isnull=True)
    if which == "referred":
        return rows.filter(Exists(_REFERRALS))
    return rows


def _cursor(after: str) -> uuid.UUID:
    try:
        return uuid.UUID(after)
    except ValueError as error:
        raise NotFound(_("No such page.")) from error


def _after(rows: QuerySet[Application], user: User, after: str) -> QuerySet[Application]:
    try:
        cursor = applications_visible_to(user).filter(id=uuid.UUID(after)).first()
    except ValueError as error:
        raise NotFound(_("No such page.")) from error
    if cursor is None:
        raise NotFound(_("No such page."))
    # the first condition says nothing new, but the index starts there
    return rows.filter(due_at__gte=cursor.due_at).filter(Q(due_at__gt=cursor.due_at) | Q(id__gt=cursor.id))
