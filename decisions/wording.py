"""The case in words: what the machine advises and how sure it is, what happened, what stands in the way."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.enums import Act, Role
from accounts.models import User
from accounts.permissions import may
from applications.enums import Status
from common import formatting
from common.models import JobState, LedgerEvent
from decisions.enums import ContestOutcome
from decisions.selectors import CaseView
from ml.affordability import Affordability
from scoring.enums import Finding, Recommendation
from scoring.models import Score

MEANS = frozenset({Finding.DEBT_BURDEN, Finding.LITTLE_LEFT})
DOUBTS = frozenset({Finding.NEAR_CUTOFF, Finding.THIN_FILE, Finding.OUT_OF_RANGE, Finding.UNSEEN_CATEGORY})

ADVICE = {
    Recommendation.APPROVE: gettext_lazy("Approve: under the cutoff, and nothing in the file calls for doubt."),
    Recommendation.REFER: gettext_lazy("Refer: the machine gives no advice here. A person weighs this case."),
    Recommendation.DECLINE: gettext_lazy("Decline: over the cutoff, and nothing in the file calls for doubt."),
}

HAPPENED = {
    "application.submitted": gettext_lazy("The application was submitted"),
    "application.taken": gettext_lazy("The case was taken"),
    "note.added": gettext_lazy("A note was written"),
    "file.amended": gettext_lazy("A what-if was kept as a new version of the file"),
    "application.assigned": gettext_lazy("A senior officer gave the case to somebody"),
    "application.handed_back": gettext_lazy("The case was handed back"),
    "document.withdrawn": gettext_lazy("A document was taken out"),
    "outcome.recorded": gettext_lazy("What became of the credit was recorded"),
    "notice.written": gettext_lazy("The letter was written"),
    "notice.asked_to_send": gettext_lazy("The letter was given to be sent"),
    "notice.sent": gettext_lazy("The letter was sent"),
    "application.referred": gettext_lazy("The case was referred to a senior officer"),
    "override.withdrawn": gettext_lazy("The proposal was withdrawn"),
    "document.added": gettext_lazy("A document was added"),
    "offer.answered": gettext_lazy("The applicant's answer to the counter-offer was recorded"),
    "override.reviewed": gettext_lazy("The second person answered the override"),
    "contest.taken": gettext_lazy("Another person began to examine the contest"),
    "contest.answered": gettext_lazy("The contest was answered"),
    "explanation.recorded": gettext_lazy("The reasons were recorded"),
    "evidence.read": gettext_lazy("The evidence was read"),
    "evidence.issued": gettext_lazy("The signed evidence was downloaded"),
    "export.downloaded": gettext_lazy("An export of decisions was downloaded"),
    "access.given": gettext_lazy("The answer to an access request was downloaded"),
    "decision.replayed": gettext_lazy("The decision was replayed"),
}
FAILURES = {
    "transient": gettext_lazy("The model was not available, and waiting for it did not help."),
    "model_missing": gettext_lazy("No model is in service."),
    "bundle_tampered": gettext_lazy("The model's files do not match their signature, so they are not used."),
    "explanation_disagrees": gettext_lazy("The contributions do not add up to the score, so they are not shown."),
}
MOVED = {
    Status.SUBMITTED: gettext_lazy("A new version of the file arrived"),
    Status.SCORED: gettext_lazy("The file was scored"),
    Status.EXPLAINED: gettext_lazy("The reasons were ready"),
    Status.IN_REVIEW: gettext_lazy("An override was proposed; a second person answers"),
    Status.DECIDED: gettext_lazy("The case was decided"),
    Status.CONTESTED: gettext_lazy("The applicant contested the decision"),
    Status.REVIEWED: gettext_lazy("The contest was closed"),
    Status.OUTCOME: gettext_lazy("The outcome was observed"),
}


@dataclass(frozen=True)
class Moment:
    when: datetime
    text: str
    who: str


def advice_text(score: Score) -> str:
    return str(ADVICE[Recommendation(score.recommendation)])


def meaning_of(probability: float, months: int) -> str:
    """The probability as people, who cannot be fractions."""
    share, of = (round(probability * 100), 100) if probability >= 0.01 else (round(probability * 1000), 1000)
    words = ngettext(
        "About %(share)s of %(of)s such applicants default within %(months)s month.",
        "About %(share)s of %(of)s such applicants default within %(months)s months.",
        months,
    )
    return words % {"share": share, "of": formatting.number(of), "months": months}


def distance_of(score: Score) -> str:
    gap = score.probability_of_default - score.cutoff
    points = formatting.number(abs(gap) * 100, 1)
    if gap > 0:
        return _("%(points)s percentage points over the cutoff.") % {"points": points}
    return _("%(points)s percentage points under the cutoff.") % {"points": points}


def findings_of(score: Score) -> list[str]:
    return [str(Finding(code).label) for code in score.policy_findings if code not in DOUBTS | MEANS]


def doubts_of(score: Score) -> list[str]:
    return [str(Finding(code).label) for code in score.policy_findings if code in DOUBTS]


@dataclass(frozen=True)
class Means:
    """Affordability in words; ``warnings`` are the policy's findings, ``gaps`` what the file does not tell."""

    facts: list[tuple[str, str]]
    warnings: list[str]
    gaps: list[str]


def means_of(score: Score, found: Affordability, currency: str) -> Means:
    def amount(value: float | None) -> str:
        return formatting.missing() if value is None else formatting.money(Decimal(str(round(value))), currency)

    share = formatting.missing() if found.debt_to_income is None else formatting.percent(found.debt_to_income)
    limit = score.policy.most_debt_to_income
    if limit is not None:
        share = _("%(share)s (the policy allows %(limit)s)") % {"share": share, "limit": formatting.percent(limit, 0)}
    facts = [
        (_("Income a month"), amount(found.income)),
        (_("Instalment asked for"), amount(found.instalment)),
        (_("Instalments elsewhere"), amount(found.existing)),
        (_("Debt to income"), share),
        (_("Left to live on"), amount(found.left)),
    ]
    warnings = [str(Finding(code).label) for code in score.policy_findings if code in MEANS]
    return Means(facts, warnings, _gaps(found))


def _gaps(found: Affordability) -> list[str]:
    gaps = []
    if found.debt_to_income is None:
        gaps.append(_("The file does not state the income or the instalment, so the burden of debt is not known."))
    if found.unstated:
        words = ngettext(
            "%(count)s running credit elsewhere does not state its instalment: the true burden is higher.",
            "%(count)s running credits elsewhere do not state their instalment: the true burden is higher.",
            found.unstated,
        )
        gaps.append(words % {"count": formatting.number(found.unstated)})
    return gaps


def timeline(events: Iterable[LedgerEvent]) -> list[Moment]:
    events = list(events)
    people = _people({event.actor_id for event in events if event.actor_kind == "user" and event.actor_id})
    return [Moment(event.occurred_at, _event_text(event), _actor(event, people)) for event in events]


def obstacle(case: CaseView, user: User) -> str:
    """Why this person cannot decide this case now, in words; empty when nothing stands in the way."""
    application = case.application
    if case.decision is not None:
        return _("This case is decided.")
    if not may(user, Act.DECIDE):
        return _("You can read this case. Deciding it is for the officers of the branch.")
    if application.status == Status.IN_REVIEW:
        return _("An override was proposed. A second person answers it; until then nothing can be decided.")
    if not_theirs(case, user):
        return not_theirs(case, user)
    if application.assigned_to_id not in (None, user.id):
        return _("%(owner)s works on this case. Ask for it to be handed back first.") % {
            "owner": application.assigned_to
        }
    if case.explanation is None:
        return _("You can decide once the reasons are shown.")
    return ""


def not_theirs(case: CaseView, user: User) -> str:
    """Why this person will not decide this case, whoever holds it; empty when they may."""
    if any(user.pk in (row.decided_by_id, row.confirmed_by_id) for row in case.decisions):
        return _("You took part in the first decision: after a contest another person decides.")
    if user.role != Role.SENIOR and case.score and Finding.HIGH_AMOUNT in case.score.policy_findings:
        return _("The amount needs a senior officer.")
    if user.role != Role.SENIOR and case.referrals:
        return _("This case was referred: a senior officer decides it.")
    return ""


def pending_text(case: CaseView) -> str:
    if case.latest is None:
        return _("There is no credit file yet, so there is nothing to score.")
    if is_unasked(case):
        return _("This file is not scored, and nobody asked for it yet.")
    if case.score is None:
        return _("The score is being computed.")
    return _("The reasons are being computed.")


def is_unasked(case: CaseView) -> bool:
    """A system may submit without asking for a score: then nothing is under way that one could wait for."""
    return case.score is None and case.pending_job is None


def failure_text(case: CaseView) -> str:
    """What went wrong with the score or the reasons; empty while nothing did."""
    job = case.pending_job
    if job is None or job.state != JobState.FAILED:
        return ""
    what = _("The score could not be computed.") if case.score is None else _("The reasons could not be computed.")
    why = FAILURES.get(job.error_code)
    return f"{what} {why}" if why else what


def happened(action: str) -> str:
    return str(HAPPENED.get(action, action))


def _event_text(event: LedgerEvent) -> str:
    if event.facts.get("outcome") == ContestOutcome.OVERTURNED and event.facts.get("to") == Status.EXPLAINED:
        return _("The decision was taken back; the case is open again")
    if event.action == "application.moved" and event.facts.get("to") == Status.EXPLAINED and event.actor_kind == "user":
        return _("The case was open again to be decided")
    if event.action == "application.moved":
        return str(MOVED.get(event.facts.get("to"), event.action))
    return happened(event.action)


def _actor(event: LedgerEvent, people: dict[uuid.UUID, str]) -> str:
    if event.actor_kind == "user":
        return people.get(event.actor_id, "") if event.actor_id else ""
    return _("a connected system") if event.actor_kind == "api_key" else _("the portal")


def _people(ids: set[Any]) -> dict[uuid.UUID, str]:
    return {user.id: str(user) for user in User.objects.filter(id__in=ids)} if ids else {}
