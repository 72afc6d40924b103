"""A counter-offer is recorded with what the model said of it, and answered once by the applicant."""

from collections.abc import Mapping
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import Act
from accounts.models import User
from accounts.permissions import require
from applications.enums import Status
from applications.models import Application
from applications.selectors import document
from applications.services import lock
from common import ledger
from common.errors import Conflict, InvalidInput, NotFound
from decisions.enums import OfferReply
from decisions.models import CounterOffer, Decision, OfferAnswer
from decisions.offers.terms import offer_of
from ml.errors import Problem
from scoring.models import Score


def offer_create(*, application: Application, score: Score, terms: Mapping[str, float]) -> CounterOffer:
    """Judge the terms and keep them; the caller's transaction makes them part of a decision or a proposal."""
    offered = offer_of(score, document(score.credit_file), terms)
    found = offered.assessment
    return CounterOffer.objects.create(
        application=application,
        score=score,
        terms={name: value for name, value in offered.changes.items() if name in terms},
        changes=offered.changes,
        raw_margin=found.raw_margin,
        probability_of_default=found.probability_of_default,
        cutoff=found.cutoff,
        recommendation=found.advice.recommendation,
        policy_findings=[finding.value for finding in found.advice.findings],
        valid_until=last_day(),
    )


def last_day() -> date:
    """Until when an offer made today stands."""
    return timezone.localdate() + timedelta(days=settings.LENDER["offer_days"])


@transaction.atomic
def offer_answer(*, decision: Decision, reply: str, user: User) -> OfferAnswer:
    """Take down whether the applicant accepts, once; after the last day an acceptance is too late."""
    require(user, Act.DECIDE)
    application = lock(decision.application)
    if decision.offer is None or application.branch_id != user.branch_id:
        raise NotFound(_("No such counter-offer."))
    if reply not in OfferReply.values:
        problem = Problem("/reply", "missing", _("Say whether the applicant accepts."), ", ".join(OfferReply.values))
        raise InvalidInput(_("Say whether the applicant accepts."), [problem])
    if OfferAnswer.objects.filter(offer=decision.offer).exists():
        raise Conflict(_("The applicant's answer is recorded already."), code="offer_answered")
    if application.status not in (Status.DECIDED, Status.REVIEWED):
        raise Conflict(_("The decision is contested or was taken back: its counter-offer waits."), code="contested")
    if reply == OfferReply.ACCEPTED and timezone.localdate() > decision.offer.valid_until:
        raise Conflict(_("The counter-offer has ended: a new application is needed."), code="offer_ended")
    answer = OfferAnswer.objects.create(offer=decision.offer, reply=reply, recorded_by=user)
    facts = {"offer": str(decision.offer.id), "answer": str(answer.id), "reply": reply}
    ledger.record(action="offer.answered", subject=application, actor=user.actor, facts=facts)
    return answer
