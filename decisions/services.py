"""The human decision: gated, checked against what is current, written once."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override as in_language

from accounts.enums import Act
from accounts.models import User
from accounts.permissions import require
from applications.enums import Status
from applications.models import Application
from applications.services import application_move, lock
from common import crypto, jobs, ledger
from common.actors import Actor
from common.errors import Conflict, InvalidInput, NotAllowed, NotFound
from decisions.enums import Direction, Outcome, OverrideReason, Stage, Verdict
from decisions.gate import explanation_of, open_case, refuse_first_decider
from decisions.letters.services import WRITE_JOB
from decisions.models import CounterOffer, Decision, Override, Referral, Review
from decisions.offers.services import offer_create
from decisions.policy import SHORTEST_NOTE, decision_problems, direction_of, sends_model_reasons
from explanations.models import Explanation
from ml.errors import Problem
from scoring.models import Score

LANGUAGES = ("en", "fr")


@dataclass(frozen=True)
class DecisionInput:
    """What the officer says.

    ``score_id`` is the score that was on the page; ``offer`` holds the terms of a counter-offer by column.
    """

    score_id: uuid.UUID
    outcome: str
    reason_codes: Sequence[str] = ()
    override_reason: str = ""
    note: str = ""
    offer: Mapping[str, float] = field(default_factory=dict)


@transaction.atomic
def decision_create(
    *, application: Application, data: DecisionInput, user: User, actor: Actor | None = None
) -> Decision | Override:
    """Decide a case, or propose an override when the decision goes against the advice.

    Refused when the case was decided meanwhile (with who and when), when the score shown is no longer the current one,
    and, for a decline, while the explanation of the current score is missing.
    """
    application, score = open_case(application, data.score_id, user)
    explanation = explanation_of(score)
    offer = offer_create(application=application, score=score, terms=data.offer) if _offers(data) else None
    direction = direction_of(
        score.recommendation,
        data.outcome,
        over_cutoff=score.is_over_cutoff,
        offer_over_cutoff=offer is not None and offer.is_over_cutoff,
    )
    _check(data, direction, explanation)
    reasons = reasons_as_sent(data, explanation) if sends_model_reasons(data.outcome, direction) else []
    if direction is not None:
        return _override_write(application, score, data, direction, user, actor or user.actor, offer, reasons)
    return _decision_write(
        application,
        score,
        data.outcome,
        reasons,
        user,
        actor or user.actor,
        note=data.note,
        offer=offer,
    )


@transaction.atomic
def review_create(*, override_id: uuid.UUID, verdict: str, user: User, note: str = "") -> Review:
    """The second person confirms, which makes the decision, or refuses, which gives the case back."""
    require(user, Act.REVIEW)
    override = Override.objects.select_related("application", "score", "proposed_by").filter(id=override_id).first()
    if override is None or override.application.branch_id != user.branch_id:
        raise NotFound(_("No such override."))
    application = lock(override.application)
    _check_review(override, verdict, user, note)
    review = Review(override=override, reviewer=user, verdict=verdict)
    review.note_encrypted = _seal_note(application, note, review.id)
    review.save()
    ledger.record(
        action="override.reviewed",
        subject=override,
        actor=user.actor,
        facts={"review": str(review.id), "verdict": verdict},
    )
    if verdict == Verdict.CONFIRMED:
        _decision_write(
            application,
            override.score,
            override.outcome,
            override.sent_reasons or override_reason_as_sent(override.outcome, override.reason),
            override.proposed_by,
            user.actor,
            override=override,
            confirmed_by=user,
            offer=override.offer,
        )
    else:
        application_move(application=application, to=Status.EXPLAINED, actor=user.actor)
    return review


@transaction.atomic
def override_withdraw(*, override_id: uuid.UUID, user: User) -> Review:
    """Whoever proposed an override takes it back before it is answered; the case is open again."""
    require(user, Act.DECIDE)
    override = Override.objects.select_related("application").filter(id=override_id, proposed_by=user).first()
    if override is None or override.application.branch_id != user.branch_id:
        raise NotFound(_("No such override."))
    application = lock(override.application)
    _refuse_if_answered(override)
    review = Review.objects.create(override=override, reviewer=user, verdict=Verdict.WITHDRAWN)
    ledger.record(action="override.withdrawn", subject=override, actor=user.actor, facts={"review": str(review.id)})
    application_move(application=application, to=Status.EXPLAINED, actor=user.actor)
    return review


@transaction.atomic
def referral_create(*, application: Application, score_id: uuid.UUID, note: str, user: User) -> Referral:
    """Hand the case to the seniors of the branch, with a word of why."""
    application, score = open_case(application, score_id, user)
    if len(note.strip()) < SHORTEST_NOTE:
        raise InvalidInput(
            _("Say why you refer this case."),
            [Problem("/note", "missing", _("Say why you refer this case, in at least ten letters."))],
        )
    said: Referral | None = application.referrals.filter(score=score, referred_by=user).order_by("-id").first()
    if said is not None and note_of(said) == note.strip():
        return said  # the same form, sent twice
    referral = Referral(application=application, score=score, referred_by=user)
    referral.note_encrypted = _seal_note(application, note, referral.id)
    referral.save()
    application.assigned_to = None
    application.save(update_fields=["assigned_to"])
    ledger.record(action="application.referred", subject=application, actor=user.actor, facts={"score": str(score.id)})
    return referral


def note_of(row: Any) -> str:
    """The note of a decision, override, review or referral, in clear."""
    application = row.override.application if isinstance(row, Review) else row.application
    if row.note_encrypted is None:
        return ""
    if application.applicant.is_erased:
        return _("This note was erased with the person's data.")
    return crypto.decrypt(application.applicant.subject_key, bytes(row.note_encrypted), row.id).decode()


def _check(data: DecisionInput, direction: Direction | None, explanation: Explanation) -> None:
    if data.outcome not in Outcome.values:
        raise InvalidInput(
            _("Choose a decision."),
            [Problem("/outcome", "missing", _("Choose a decision."), ", ".join(Outcome.values))],
        )
    problems = decision_problems(
        outcome=data.outcome,
        direction=direction,
        reason_codes=data.reason_codes,
        principal_codes=[reason["reason_code"] for reason in explanation.principal_reasons],
        override_reason=data.override_reason,
        note=data.note,
    )
    if problems:
        raise InvalidInput(_("The decision is not complete."), problems)


def reasons_as_sent(data: DecisionInput, explanation: Explanation) -> list[dict[str, Any]]:
    """The chosen reasons in the officer's order, with the words they had on this day."""
    on_record = {reason["reason_code"]: reason for reason in explanation.principal_reasons}
    return [{"reason_code": code, "text": on_record[code]["text"]} for code in data.reason_codes]


def override_reason_as_sent(outcome: str, reason: str) -> list[dict[str, Any]]:
    """An override is carried by the officer's own reason, never by the model's contributions."""
    if outcome == Outcome.APPROVE:
        return []
    words = {}
    for language in LANGUAGES:
        with in_language(language):
            words[language] = str(OverrideReason(reason).label)
    return [{"reason_code": reason, "text": words}]


def _override_write(
    application: Application,
    score: Score,
    data: DecisionInput,
    direction: Direction,
    user: User,
    actor: Actor,
    offer: CounterOffer | None,
    reasons: list[dict[str, Any]],
) -> Override:
    override = Override(
        application=application,
        score=score,
        outcome=data.outcome,
        offer=offer,
        direction=direction,
        sent_reasons=reasons,
        reason=data.override_reason,
        proposed_by=user,
    )
    override.note_encrypted = _seal_note(application, data.note, override.id)
    override.save()
    application_move(
        application=application,
        to=Status.IN_REVIEW,
        actor=actor,
        facts={"override": str(override.id), "direction": direction.value, "reason": data.override_reason},
    )
    return override


def _decision_write(
    application: Application,
    score: Score,
    outcome: str,
    reasons: list[dict[str, Any]],
    user: User,
    actor: Actor,
    *,
    note: str = "",
    override: Override | None = None,
    confirmed_by: User | None = None,
    offer: CounterOffer | None = None,
) -> Decision:
    stage = Stage.CONTEST if application.decisions.exists() else Stage.INITIAL
    decision = Decision(
        offer=offer,
        application=application,
        stage=stage,
        score=score,
        outcome=outcome,
        reasons=reasons,
        override=override,
        decided_by=user,
        confirmed_by=confirmed_by,
    )
    decision.note_encrypted = _seal_note(application, note, decision.id)
    decision.save()
    facts = {
        "decision": str(decision.id),
        "outcome": outcome,
        "score": str(score.id),
        "file_sha256": score.credit_file.sha256,
        "reason_codes": [reason["reason_code"] for reason in reasons],
        "decided_by": str(user.id),
    }
    then = Status.REVIEWED if stage == Stage.CONTEST else Status.DECIDED
    application_move(application=application, to=then, actor=actor, facts=facts)
    jobs.enqueue(kind=WRITE_JOB, key=str(decision.id), payload={"decision": str(decision.id)})
    return decision


def _offers(data: DecisionInput) -> bool:
    return data.outcome == Outcome.COUNTER_OFFER


def _check_review(override: Override, verdict: str, user: User, note: str) -> None:
    _refuse_if_answered(override)
    refuse_first_decider(override.application, user)
    if override.proposed_by_id == user.id:
        raise NotAllowed(_("The second person must be another than the one who proposed the override."))
    if verdict not in (Verdict.CONFIRMED, Verdict.REFUSED):
        raise InvalidInput(_("Confirm or refuse."), [Problem("/verdict", "missing", _("Confirm or refuse."))])
    if verdict == Verdict.REFUSED and len(note.strip()) < SHORTEST_NOTE:
        raise InvalidInput(
            _("Say why you refuse."), [Problem("/note", "missing", _("Say why you refuse, in at least ten letters."))]
        )


def _refuse_if_answered(override: Override) -> None:
    answered = Review.objects.select_related("reviewer").filter(override=override).first()
    if answered is not None:
        raise Conflict(_("%(who)s already answered this override.") % {"who": answered.reviewer}, code="reviewed")


def _seal_note(application: Application, note: str, bound_to: uuid.UUID) -> bytes | None:
    note = note.strip()
    return crypto.encrypt(application.applicant.subject_key, note.encode(), bound_to) if note else None
