"""The human decision: gated, checked against what is current, written once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import override as in_language

from accounts.enums import Act, Role
from accounts.models import User
from accounts.permissions import require
from applications.enums import Status
from applications.models import Application
from applications.services import application_move, lock
from common import crypto, jobs, ledger
from common.actors import Actor
from common.errors import Conflict, InvalidInput, NotAllowed, NotFound
from decisions.enums import Direction, Outcome, OverrideReason, Stage, Verdict
from decisions.letters.services import WRITE_JOB
from decisions.models import Decision, Override, Referral, Review
from decisions.policy import SHORTEST_NOTE, decision_problems, direction_of
from explanations.models import Explanation
from ml.errors import Problem
from scoring.enums import Finding
from scoring.models import Score
from scoring.selectors import current_score

LANGUAGES = ("en", "fr")


@dataclass(frozen=True)
class DecisionInput:
    """What the officer says; ``score_id`` is the score that was on the page."""

    score_id: uuid.UUID
    outcome: str
    reason_codes: Sequence[str] = ()
    override_reason: str = ""
    note: str = ""


@transaction.atomic
def decision_create(
    *, application: Application, data: DecisionInput, user: User, actor: Actor | None = None
) -> Decision | Override:
    """Decide a case, or propose an override when the decision goes against the advice.

    Refused when the case was decided meanwhile (with who and when), when the score shown is no longer the current one,
    and, for a decline, while the explanation of the current score is missing.
    """
    application, score = _open_case(application, data.score_id, user)
    direction = direction_of(score.recommendation, data.outcome, over_cutoff=score.is_over_cutoff)
    explanation = _explanation(score)
    _check(data, direction, explanation)
    if direction is not None:
        return _override_write(application, score, data, direction, user, actor or user.actor)
    return _decision_write(
        application, score, data.outcome, reasons_as_sent(data, explanation), user, actor or user.actor, note=data.note
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
            override_reason_as_sent(override.outcome, override.reason),
            override.proposed_by,
            user.actor,
            override=override,
            confirmed_by=user,
        )
    else:
        application_move(application=application, to=Status.EXPLAINED, actor=user.actor)
    return review


@transaction.atomic
def referral_create(*, application: Application, score_id: uuid.UUID, note: str, user: User) -> Referral:
    """Hand the case to the seniors of the branch, with a word of why."""
    application, score = _open_case(application, score_id, user)
    if len(note.strip()) < SHORTEST_NOTE:
        raise InvalidInput(
            _("Say why you refer this case."),
            [Problem("/note", "missing", _("Say why you refer this case, in at least ten letters."))],
        )
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


def _open_case(application: Application, score_id: uuid.UUID, user: User) -> tuple[Application, Score]:
    """Lock the case and make sure that this person may decide it, now, on this score."""
    require(user, Act.DECIDE)
    application = lock(application)
    if application.branch_id != user.branch_id:
        raise NotFound(_("No such application."))
    _refuse_if_closed(application)
    _refuse_if_held_by_another(application, user)
    score = current_score(application)
    if score is None or score.id != score_id:
        raise Conflict(
            _("The file or the score changed since you opened this page. Look at the new advice before you decide."),
            code="stale_score",
        )
    if user.role != Role.SENIOR:
        _refuse_if_for_a_senior(application, score)
    return application, score


def _refuse_if_closed(application: Application) -> None:
    decision = application.decisions.select_related("decided_by").order_by("-id").first()
    if decision is not None:
        when = formats.date_format(timezone.localtime(decision.created_at), "DATETIME_FORMAT")
        raise Conflict(
            _("%(who)s already decided this case on %(when)s.") % {"who": decision.decided_by, "when": when},
            code="already_decided",
            details={"decision": str(decision.id), "decided_at": decision.created_at.isoformat()},
        )
    if application.status == Status.IN_REVIEW:
        raise Conflict(_("This case waits for a second person."), code="in_review")


def _refuse_if_held_by_another(application: Application, user: User) -> None:
    if application.assigned_to_id not in (None, user.id):
        raise Conflict(
            _("%(owner)s works on this case. Ask for it to be handed back first.") % {"owner": application.assigned_to},
            code="taken",
        )


def _refuse_if_for_a_senior(application: Application, score: Score) -> None:
    if Finding.HIGH_AMOUNT in score.policy_findings:
        raise NotAllowed(_("The amount needs a senior officer."))
    if application.referrals.exists():
        raise NotAllowed(_("This case was referred: a senior officer decides it."))


def _explanation(score: Score) -> Explanation:
    """The decline gate, held for every decision: nobody decides before the reasons are there."""
    explanation: Explanation | None = Explanation.objects.filter(score=score).first()
    if explanation is None:
        raise Conflict(
            _("The reasons are still being computed. The case can be decided once they are shown."),
            code="explanation_pending",
        )
    return explanation


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
    if data.outcome != Outcome.DECLINE:
        return []
    on_record = {reason["reason_code"]: reason for reason in explanation.principal_reasons}
    return [{"reason_code": code, "text": on_record[code]["text"]} for code in data.reason_codes]


def override_reason_as_sent(outcome: str, reason: str) -> list[dict[str, Any]]:
    """An override is carried by the officer's own reason, never by the model's contributions."""
    if outcome != Outcome.DECLINE:
        return []
    words = {}
    for language in LANGUAGES:
        with in_language(language):
            words[language] = str(OverrideReason(reason).label)
    return [{"reason_code": reason, "text": words}]


def _override_write(
    application: Application, score: Score, data: DecisionInput, direction: Direction, user: User, actor: Actor
) -> Override:
    override = Override(
        application=application,
        score=score,
        outcome=data.outcome,
        direction=direction,
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
) -> Decision:
    decision = Decision(
        application=application,
        stage=Stage.INITIAL,
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
    application_move(application=application, to=Status.DECIDED, actor=actor, facts=facts)
    jobs.enqueue(kind=WRITE_JOB, key=str(decision.id), payload={"decision": str(decision.id)})
    return decision


def _check_review(override: Override, verdict: str, user: User, note: str) -> None:
    answered = Review.objects.select_related("reviewer").filter(override=override).first()
    if answered is not None:
        raise Conflict(_("%(who)s already answered this override.") % {"who": answered.reviewer}, code="reviewed")
    if override.proposed_by_id == user.id:
        raise NotAllowed(_("The second person must be another than the one who proposed the override."))
    if verdict not in Verdict.values:
        raise InvalidInput(_("Confirm or refuse."), [Problem("/verdict", "missing", _("Confirm or refuse."))])
    if verdict == Verdict.REFUSED and len(note.strip()) < SHORTEST_NOTE:
        raise InvalidInput(
            _("Say why you refuse."), [Problem("/note", "missing", _("Say why you refuse, in at least ten letters."))]
        )


def _seal_note(application: Application, note: str, bound_to: uuid.UUID) -> bytes | None:
    note = note.strip()
    return crypto.encrypt(application.applicant.subject_key, note.encode(), bound_to) if note else None
