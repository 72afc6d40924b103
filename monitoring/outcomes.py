"""What became of the credits: outcomes that systems send, each answered on its own."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from accounts.models import ApiKey
from applications.enums import Status
from applications.lifecycle import may_move
from applications.models import Application
from applications.selectors import applications_of_key
from applications.services import application_move
from common import ledger
from common.actors import Actor
from decisions.enums import OfferReply
from decisions.enums import Outcome as DecisionOutcome
from decisions.models import Decision
from monitoring.enums import OutcomeAnswer
from monitoring.models import Outcome


@dataclass(frozen=True)
class Observation:
    """One row as sent; ``is_correction`` says that it replaces what is on record."""

    external_id: str
    is_default: bool
    observed_on: date
    is_correction: bool = False


@transaction.atomic
def outcomes_record(*, rows: Sequence[Observation], key: ApiKey) -> list[OutcomeAnswer]:
    """Record what can be recorded; the answers stand in the order of ``rows``, and one refusal stops no other."""
    applications = _locked(rows, key)
    known = _current(applications.values())
    declined = _declined(applications.values())
    today = timezone.localdate()
    answers = []
    for row in rows:
        application = applications.get(row.external_id)
        if application is None:
            answers.append(OutcomeAnswer.UNKNOWN)
            continue
        before = known.get(application.pk)
        answer = judge(row, before, submitted_on=_day(application), today=today, declined=application.pk in declined)
        if answer in (OutcomeAnswer.RECORDED, OutcomeAnswer.CORRECTED):
            known[application.pk] = _write(application, row, before, key.actor)
        answers.append(answer)
    return answers


def judge(
    row: Observation, before: Outcome | None, *, submitted_on: date, today: date, declined: bool
) -> OutcomeAnswer:
    """What becomes of one row: a pure rule over what is on record."""
    if declined:
        return OutcomeAnswer.NOT_GRANTED
    if row.observed_on > today:
        return OutcomeAnswer.IN_FUTURE
    if row.observed_on < submitted_on:
        return OutcomeAnswer.TOO_EARLY
    if before is None:
        return OutcomeAnswer.RECORDED
    if (before.is_default, before.observed_on) == (row.is_default, row.observed_on):
        return OutcomeAnswer.UNCHANGED
    return OutcomeAnswer.CORRECTED if row.is_correction else OutcomeAnswer.CONFLICT


def outcome_of(application: Application) -> Outcome | None:
    """The outcome on record: the one that no other corrects."""
    found: Outcome | None = Outcome.objects.filter(application=application, corrected_by=None).first()
    return found


def _locked(rows: Sequence[Observation], key: ApiKey) -> dict[str, Application]:
    """Always in the order of the ids, so that two senders of the same rows wait for each other and never for ever."""
    asked = applications_of_key(key).filter(external_id__in={row.external_id for row in rows})
    found = asked.select_for_update(of=("self",)).order_by("id")
    return {str(application.external_id): application for application in found}


def _current(applications: Collection[Application]) -> dict[uuid.UUID, Outcome]:
    rows = Outcome.objects.filter(application__in=applications, corrected_by=None)
    return {row.application_id: row for row in rows}


def _declined(applications: Collection[Application]) -> set[uuid.UUID]:
    latest = Decision.objects.filter(application__in=applications).order_by("application_id", "-id")
    rows = latest.distinct("application_id").values_list("application_id", "outcome", "offer__answer__reply")
    return {
        application
        for application, outcome, reply in rows
        if outcome == DecisionOutcome.DECLINE or reply == OfferReply.DECLINED
    }


def _day(application: Application) -> date:
    return timezone.localtime(application.submitted_at or application.created_at).date()


def _write(application: Application, row: Observation, before: Outcome | None, actor: Actor) -> Outcome:
    outcome = Outcome.objects.create(
        application=application,
        is_default=row.is_default,
        observed_on=row.observed_on,
        corrects=before,
        actor_kind=actor.kind,
        actor_id=actor.id,
    )
    facts = {"outcome": str(outcome.id), "is_default": row.is_default}
    if may_move(application.status, Status.OUTCOME):
        application_move(application=application, to=Status.OUTCOME, actor=actor, facts=facts)
    else:
        ledger.record(action="outcome.recorded", subject=application, actor=actor, facts=facts)
    return outcome
