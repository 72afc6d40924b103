"""Holds, requests for erasure and the end of the periods; each act is an event of the ledger."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import Act
from accounts.models import User
from accounts.permissions import require
from applications.enums import ErasureGround, ErasureVerdict
from applications.erasure import applicant_erase, person_lock
from applications.models import Applicant, ErasureAnswer, ErasureRequest, LegalHold, LegalHoldEnd
from common import crypto, ledger
from common.actors import SYSTEM
from common.errors import Conflict, NotAllowed, NotFound
from common.models import IdempotentRequest
from decisions.privacy import selectors

BATCH = 200


@dataclass(frozen=True)
class Retained:
    """What a run did, or would do: the people by their ids, and the answers it no longer keeps."""

    applicants: list[uuid.UUID]
    answers: int


@transaction.atomic
def erasure_request(*, applicant: Applicant, ground: str, user: User) -> ErasureRequest:
    require(user, Act.REQUEST_ERASURE)
    applicant = _of_own_branch(applicant, user)
    _refuse_obstacle(applicant, ground)
    if ErasureRequest.objects.filter(applicant=applicant, answer__isnull=True).exists():
        raise Conflict(_("An erasure was asked for already and waits for its answer."), code="erasure_waits")
    request = ErasureRequest.objects.create(applicant=applicant, ground=ground, requested_by=user)
    ledger.record(
        action="erasure.requested",
        subject=applicant,
        actor=user.actor,
        facts={"request": str(request.id), "ground": ground},
    )
    return request


@transaction.atomic
def erasure_answer(*, request_id: uuid.UUID, verdict: ErasureVerdict, user: User) -> ErasureAnswer:
    """Approved, the data is destroyed in the same transaction; the obstacles are looked for once more."""
    require(user, Act.ANSWER_ERASURE)
    request = ErasureRequest.objects.select_related("applicant").filter(id=request_id).first()
    if request is None:
        raise NotFound(_("No such request."))
    if request.requested_by_id == user.id:
        raise NotAllowed(_("Another person than the one who asked has to answer."))
    applicant = person_lock(request.applicant)
    known = ErasureAnswer.objects.select_related("answered_by").filter(request=request).first()
    if known is not None:
        raise Conflict(_("%(who)s answered this request already.") % {"who": known.answered_by}, code="answered")
    if verdict == ErasureVerdict.APPROVED:
        _refuse_obstacle(applicant, request.ground)
    answer = ErasureAnswer.objects.create(request=request, verdict=verdict, answered_by=user)
    facts = {"request": str(request.id)}
    ledger.record(action=f"erasure.{verdict.value}", subject=applicant, actor=user.actor, facts=facts)
    if verdict == ErasureVerdict.APPROVED:
        applicant_erase(applicant=applicant, actor=user.actor, ground=request.ground)
    return answer


@transaction.atomic
def hold_place(*, applicant: Applicant, ground: str, user: User) -> LegalHold:
    require(user, Act.REQUEST_ERASURE)
    applicant = _of_own_branch(applicant, user)
    hold = LegalHold.objects.create(applicant=applicant, ground=ground, placed_by=user)
    facts = {"hold": str(hold.id), "ground": ground}
    ledger.record(action="hold.placed", subject=applicant, actor=user.actor, facts=facts)
    return hold


@transaction.atomic
def hold_lift(*, applicant: Applicant, hold_id: uuid.UUID | None, user: User) -> LegalHoldEnd:
    require(user, Act.REQUEST_ERASURE)
    applicant = _of_own_branch(applicant, user)
    hold = LegalHold.objects.filter(applicant=applicant, id=hold_id).first()
    if hold is None:
        raise NotFound(_("No such hold."))
    try:
        with transaction.atomic():
            end = LegalHoldEnd.objects.create(hold=hold, lifted_by=user)
    except IntegrityError as error:
        raise Conflict(_("This hold was lifted already."), code="hold_lifted") from error
    ledger.record(action="hold.lifted", subject=applicant, actor=user.actor, facts={"hold": str(hold.id)})
    return end


def retention_run(*, limit: int = BATCH, dry_run: bool = False) -> Retained:
    """End what is over: at most ``limit`` people, each in a transaction of its own; the next run finds the rest."""
    before = timezone.now() - timedelta(hours=settings.RETENTION["answer_hours"])
    answers = IdempotentRequest.objects.filter(created_at__lt=before, status__isnull=False)
    people = selectors.due(limit)
    if dry_run:
        return Retained([person.id for person in people], answers.count())
    done = [person.id for person in people if _end_of_period(person)]
    old = list(answers.order_by("id").values_list("id", flat=True)[: 50 * limit])
    return Retained(done, IdempotentRequest.objects.filter(id__in=old).delete()[0])


@transaction.atomic
def _end_of_period(person: Applicant) -> bool:
    """False when something came between looking and erasing: a hold, a new application."""
    person = person_lock(person)
    if person.is_erased or selectors.obstacle(person, ErasureGround.PERIOD_OVER):
        return False
    applicant_erase(applicant=person, actor=SYSTEM, ground=ErasureGround.PERIOD_OVER)
    return True


def _of_own_branch(applicant: Applicant, user: User) -> Applicant:
    applicant = person_lock(applicant)
    if applicant.branch_id != user.branch_id:
        raise NotFound(_("No such applicant."))
    if applicant.is_erased:
        raise crypto.PersonErased(_("This person's data was erased."))
    return applicant


def _refuse_obstacle(applicant: Applicant, ground: str) -> None:
    obstacle = selectors.obstacle(applicant, ground)
    if obstacle:
        raise Conflict(obstacle, code="erasure_refused")
