"""Who may decide a case, and when: locked and checked against what is current, before anything is written."""

import uuid

from django.db import transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.enums import Act, Role
from accounts.models import User
from accounts.permissions import require
from applications import lifecycle
from applications.enums import Status
from applications.models import Application
from applications.services import application_assign, application_take, lock
from common.errors import Conflict, NotAllowed, NotFound
from decisions.parties import took_part
from explanations.models import Explanation
from scoring.enums import Finding
from scoring.models import Score
from scoring.selectors import current_score


def open_case(application: Application, score_id: uuid.UUID, user: User) -> tuple[Application, Score]:
    """Lock the case and make sure that this person may decide it, now, on this score."""
    require(user, Act.DECIDE)
    application = lock(application)
    if application.branch_id != user.branch_id:
        raise NotFound(_("No such application."))
    _refuse_if_closed(application)
    refuse_first_decider(application, user)
    _refuse_if_held_by_another(application, user)
    score = current_score(application)
    if score is None or score.id != score_id:
        raise Conflict(
            _("The file or the score changed since you opened this page. Look at the new advice before you decide."),
            code="stale_score",
        )
    _refuse_if_for_a_senior(application, score, user)
    return application, score


@transaction.atomic
def case_take(*, application: Application, user: User) -> Application:
    """Only who may decide a case holds it: taken by anybody else, it would be closed to those who may."""
    _refuse_who_cannot_decide(application, user)
    return application_take(application=application, user=user)


@transaction.atomic
def case_assign(*, application: Application, to: User, user: User) -> Application:
    _refuse_who_cannot_decide(application, to)
    return application_assign(application=application, to=to, user=user)


def _refuse_who_cannot_decide(application: Application, user: User) -> None:
    if application.status in lifecycle.OPEN:
        refuse_first_decider(application, user)
        _refuse_if_for_a_senior(application, current_score(application), user)


def _refuse_if_closed(application: Application) -> None:
    decision = application.decisions.select_related("decided_by").order_by("-id").first()
    if decision is not None and application.status not in lifecycle.OPEN:
        when = formats.date_format(timezone.localtime(decision.created_at), "DATETIME_FORMAT")
        raise Conflict(
            _("%(who)s already decided this case on %(when)s.") % {"who": decision.decided_by, "when": when},
            code="already_decided",
            details={"decision": str(decision.id), "decided_at": decision.created_at.isoformat()},
        )
    if application.status == Status.IN_REVIEW:
        raise Conflict(_("This case waits for a second person."), code="in_review")


def refuse_first_decider(application: Application, user: User) -> None:
    if took_part(application, user):
        raise NotAllowed(_("You took part in the first decision: after a contest another person decides."))


def _refuse_if_held_by_another(application: Application, user: User) -> None:
    if application.assigned_to_id not in (None, user.id):
        raise Conflict(
            _("%(owner)s works on this case. Ask for it to be handed back first.") % {"owner": application.assigned_to},
            code="taken",
        )


def _refuse_if_for_a_senior(application: Application, score: Score | None, user: User) -> None:
    if user.role == Role.SENIOR:
        return
    if score is not None and Finding.HIGH_AMOUNT in score.policy_findings:
        raise NotAllowed(_("The amount needs a senior officer."))
    if application.referrals.exists():
        raise NotAllowed(_("This case was referred: a senior officer decides it."))


def explanation_of(score: Score) -> Explanation:
    """The decline gate, held for every decision: nobody decides before the reasons are there."""
    explanation: Explanation | None = Explanation.objects.filter(score=score).first()
    if explanation is None:
        raise Conflict(
            _("The reasons are still being computed. The case can be decided once they are shown."),
            code="explanation_pending",
        )
    return explanation
