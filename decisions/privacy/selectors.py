"""What is known of a person's data: its period, its holds, what was asked and what was done."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from accounts.models import ApiKey, User
from applications.enums import ErasureGround, Status
from applications.lifecycle import OPEN
from applications.models import (
    Applicant,
    Application,
    ErasureAnswer,
    ErasureRequest,
    LegalHold,
    LegalHoldEnd,
    PersonalDataRead,
)
from applications.selectors import Page, applicant_get, keyset
from decisions.enums import Outcome
from decisions.models import Decision
from decisions.privacy.policy import Kept, kept_until, months_after, open_cases, period_stands

UNFINISHED = (*OPEN, Status.CONTESTED)
SHOWN = 100


@dataclass(frozen=True)
class PersonView:
    applicant: Applicant
    until: date | None
    open_cases: list[str]
    holds: list[tuple[LegalHold, LegalHoldEnd | None]]
    requests: list[tuple[ErasureRequest, ErasureAnswer | None]]

    @property
    def is_held(self) -> bool:
        return any(end is None for _hold, end in self.holds)

    @property
    def is_asked(self) -> bool:
        return any(answer is None for _request, answer in self.requests)


def person_view(applicant: Applicant) -> PersonView:
    cases = kept_of([applicant])[applicant.id]
    holds = LegalHold.objects.select_related("placed_by", "end__lifted_by").filter(applicant=applicant)
    asked = requests().filter(applicant=applicant)
    return PersonView(
        applicant=applicant,
        until=kept_until(cases, settings.RETENTION),
        open_cases=open_cases(cases),
        holds=[(hold, getattr(hold, "end", None)) for hold in holds.order_by("-id")],
        requests=[(row, getattr(row, "answer", None)) for row in asked.order_by("-id")],
    )


@dataclass(frozen=True)
class Reading:
    when: datetime
    who: str
    role: str
    door: str


def readings(page: Page) -> list[Reading]:
    """Rows of ``reads_of`` with the names of who read."""
    ids = {row.actor_id for row in page.rows}
    who: dict[Any, tuple[str, str]] = {key.id: (str(key), _("system")) for key in ApiKey.objects.filter(id__in=ids)} | {
        user.id: (str(user), user.get_role_display()) for user in User.objects.filter(id__in=ids)
    }
    unknown = (_("the portal"), "")
    return [Reading(row.created_at, *who.get(row.actor_id, unknown), row.get_door_display()) for row in page.rows]


def reads_of(applicant: Applicant, after: str | None) -> Page:
    return keyset(PersonalDataRead.objects.filter(applicant=applicant), after=after, size=SHOWN)


def person_of(applicant_id: uuid.UUID) -> Applicant:
    """For those who see every branch, and see no name."""
    return applicant_get(rows=Applicant.objects.select_related("branch"), applicant_id=applicant_id)


def requests() -> QuerySet[ErasureRequest]:
    return ErasureRequest.objects.select_related("applicant__branch", "requested_by", "answer__answered_by")


def requests_waiting() -> QuerySet[ErasureRequest]:
    return requests().filter(answer__isnull=True, applicant__erased_at__isnull=True).order_by("id")


def holds_standing() -> QuerySet[LegalHold]:
    return LegalHold.objects.select_related("applicant__branch", "placed_by").filter(end__isnull=True).order_by("-id")


def erased() -> QuerySet[Applicant]:
    return Applicant.objects.select_related("branch").filter(erased_at__isnull=False).order_by("-erased_at")


def periods() -> list[tuple[str, str]]:
    """What is kept how long, in words."""
    months = ngettext_lazy("%(count)d month after the decision", "%(count)d months after the decision", "count")
    days = ngettext_lazy("%(count)d day", "%(count)d days", "count")
    hours = ngettext_lazy("%(count)d hour", "%(count)d hours", "count")
    return [
        (
            _("Declined applications, with their files, notes and letters"),
            months % {"count": settings.RETENTION["declined_months"]},
        ),
        (_("Credits, with their files, notes and letters"), months % {"count": settings.RETENTION["approved_months"]}),
        (_("Batches, with the files that were sent"), days % {"count": settings.BATCH_KEEP_DAYS}),
        (_("Answers to repeated requests of systems"), hours % {"count": settings.RETENTION["answer_hours"]}),
    ]


def due(limit: int) -> list[Applicant]:
    """People whose longest period is over and whom nothing holds, the oldest first."""
    today, found = timezone.localdate(), list[Applicant]()
    for batch in _batches(_maybe_due(today), limit):
        kept = kept_of(batch)
        for applicant in batch:
            until = kept_until(kept[applicant.id], settings.RETENTION)
            if until is not None and until < today:
                found.append(applicant)
                if len(found) == limit:
                    return found
    return found


def _maybe_due(today: date) -> QuerySet[Applicant]:
    """What the database can rule out, a few days on the safe side; the exact day is for the policy."""
    last = Decision.objects.filter(application=OuterRef("pk")).order_by("-id")
    decided = Application.objects.filter(applicant=OuterRef("pk")).alias(
        outcome=Subquery(last.values("outcome")[:1]), decided_at=Subquery(last.values("created_at")[:1])
    )
    since = {
        period: timezone.make_aware(datetime.combine(months_after(today, -settings.RETENTION[period]), time.min))
        + timedelta(days=4)
        for period in ("declined_months", "approved_months")
    }
    declined = Q(outcome=Outcome.DECLINE)
    recent = (declined & Q(decided_at__gte=since["declined_months"])) | (
        ~declined & Q(decided_at__gte=since["approved_months"])
    )
    return (
        Applicant.objects.select_related("branch")
        .filter(Exists(decided.filter(decided_at__isnull=False)), ~Exists(decided.filter(recent)), erased_at=None)
        .exclude(holds__in=LegalHold.objects.filter(end__isnull=True))
        .exclude(applications__status__in=[*UNFINISHED, Status.DRAFT])
        .order_by("id")
    )


def obstacle(applicant: Applicant, ground: str) -> str:
    """Why this person's data cannot be erased on this ground now, in words; empty when nothing stands in the way."""
    cases = kept_of([applicant])[applicant.id]
    if LegalHold.objects.filter(applicant=applicant, end__isnull=True).exists():
        return _("A legal hold stands: nothing of this person may be erased until it is lifted.")
    unfinished = open_cases(cases)
    if unfinished:
        return _("A case is still open: %(cases)s.") % {"cases": ", ".join(unfinished)}
    if ground == ErasureGround.PERIOD_OVER and kept_until(cases, settings.RETENTION) is None:
        return _("Nothing was decided for this person, so no period has begun.")
    until = period_stands(cases, settings.RETENTION, ground, timezone.localdate())
    if until is not None:
        day = formats.date_format(until, "DATE_FORMAT")
        return _("The lender must keep this until %(day)s to show how it decided.") % {"day": day}
    return ""


def kept_of(applicants: Iterable[Applicant]) -> dict[Any, list[Kept]]:
    ids = [applicant.id for applicant in applicants]
    last = {
        decision.application_id: decision
        for decision in Decision.objects.filter(application__applicant_id__in=ids)
        .only("application", "outcome", "created_at")
        .order_by("id")
    }
    result: dict[Any, list[Kept]] = defaultdict(list)
    for case in Application.objects.filter(applicant_id__in=ids).order_by("id"):
        decision = last.get(case.id)
        result[case.applicant_id].append(
            Kept(
                reference=case.reference,
                outcome=decision.outcome if decision else "",
                decided_on=timezone.localdate(decision.created_at) if decision else None,
                is_open=case.status in UNFINISHED,
            )
        )
    return result


def _batches(rows: QuerySet[Applicant], size: int) -> Iterable[list[Applicant]]:
    after = None
    while batch := list((rows if after is None else rows.filter(id__gt=after))[:size]):
        yield batch
        after = batch[-1].id
