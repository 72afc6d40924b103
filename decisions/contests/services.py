"""A contest is recorded, taken by another person than those who decided, and answered once."""

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
from applications.services import application_move, lock
from common import crypto, formatting, jobs, ledger
from common.actors import SYSTEM, Actor
from common.errors import Conflict, InvalidInput, NotAllowed, NotFound
from decisions.contests.letter import Answered, contest_letter
from decisions.contests.policy import answer_problems, contest_problems, due_on
from decisions.enums import ContestOutcome, NoticeKind, OfferReply, Outcome, Stage
from decisions.letters.content import Letter
from decisions.letters.services import CONTEST_WRITE_JOB, notice_write
from decisions.letters.typeset import pdf_of
from decisions.models import Contest, ContestAnswer, Decision, Notice
from decisions.parties import took_part
from decisions.services import note_of


@transaction.atomic
def contest_create(*, application: Application, view: str, received_on: date | None, user: User) -> Contest:
    """Record the applicant's own view on a decision that did not grant what was asked for."""
    require(user, Act.DECIDE)
    application = lock(application)
    if application.branch_id != user.branch_id:
        raise NotFound(_("No such application."))
    decision = _contestable(application)
    if application.applicant.is_erased:
        raise crypto.PersonErased(_("This person's data was erased."))
    decided_on = timezone.localdate(decision.created_at)
    problems = contest_problems(view=view, received_on=received_on, decided_on=decided_on, today=timezone.localdate())
    if problems or received_on is None:
        raise InvalidInput(_("The contest is not complete."), problems)
    contest = Contest(
        application=application,
        decision=decision,
        received_on=received_on,
        due_on=due_on(received_on, settings.LENDER["answer_days"]),
        recorded_by=user,
    )
    contest.note_encrypted = crypto.encrypt(application.applicant.subject_key, view.strip().encode(), contest.id)
    contest.save()
    application.assigned_to = None
    application.save(update_fields=["assigned_to"])
    facts = {"contest": str(contest.id), "decision": str(decision.id), "due_on": contest.due_on.isoformat()}
    application_move(application=application, to=Status.CONTESTED, actor=user.actor, facts=facts)
    return contest


@transaction.atomic
def contest_take(*, contest: Contest, user: User) -> Contest:
    application = _open_contest(contest, user)
    if application.assigned_to_id not in (None, user.id):
        raise Conflict(_("%(owner)s already examines this contest.") % {"owner": application.assigned_to}, code="taken")
    if application.assigned_to_id == user.id:
        return contest
    application.assigned_to = user
    application.save(update_fields=["assigned_to"])
    ledger.record(action="contest.taken", subject=application, actor=user.actor, facts={"contest": str(contest.id)})
    return contest


@transaction.atomic
def contest_answer(*, contest: Contest, outcome: str, text: str, user: User) -> ContestAnswer:
    """The decision stands, or it is taken back and the case is open for a new one; the letter follows."""
    application = _open_contest(contest, user)
    if application.assigned_to_id != user.id:
        raise Conflict(_("Take this contest before you answer it."), code="not_owner")
    problems = answer_problems(outcome=outcome, text=text)
    if problems:
        raise InvalidInput(_("The answer is not complete."), problems)
    pdf_of(_letter(contest, outcome, text, timezone.localdate(), recipient=""))  # a text that no font prints is refused
    answer = ContestAnswer(application=application, contest=contest, reviewer=user, outcome=outcome)
    answer.note_encrypted = crypto.encrypt(application.applicant.subject_key, text.strip().encode(), answer.id)
    answer.save()
    facts = {"contest": str(contest.id), "answer": str(answer.id), "outcome": outcome}
    ledger.record(action="contest.answered", subject=application, actor=user.actor, facts=facts)
    if outcome == ContestOutcome.OVERTURNED:
        _open_again(application, user.actor, facts)
    else:
        application_move(application=application, to=Status.REVIEWED, actor=user.actor, facts=facts)
    jobs.enqueue(kind=CONTEST_WRITE_JOB, key=str(answer.id), payload={"answer": str(answer.id)})
    return answer


@transaction.atomic
def answer_notice_create(*, answer: ContestAnswer) -> Notice:
    """Write the letter of an answer; asked again, it is the one that is there."""
    known: Notice | None = Notice.objects.filter(answer=answer).first()
    if known is not None:
        return known
    day = timezone.localdate(answer.created_at)
    letter = _letter(answer.contest, answer.outcome, note_of(answer), day)
    return notice_write(letter, answer=answer, application=answer.application, kind=NoticeKind.CONTEST, actor=SYSTEM)


def answer_draft(*, contest: Contest, outcome: str, text: str) -> bytes:
    """What the letter would say if the contest were answered now."""
    return pdf_of(_letter(contest, outcome, text, timezone.localdate(), is_draft=True))


def not_contestable(decision: Decision | None, status: str) -> str:
    """Why a case with this decision cannot be contested now, in words; empty when it can."""
    if decision is None or status not in (Status.DECIDED, Status.CONTESTED, Status.REVIEWED, Status.OUTCOME):
        return _("There is no decision that could be contested.")
    if decision.outcome == Outcome.APPROVE:
        return _("The credit was granted as asked for: there is nothing to contest.")
    if _is_accepted(decision):
        return _("The applicant accepted the counter-offer: there is nothing to contest.")
    if status == Status.CONTESTED:
        return _("This decision is contested already, and the answer is still due.")
    if decision.stage == Stage.CONTEST or status == Status.REVIEWED:
        return _("This case was examined after a contest already. The letter names the mediator.")
    return ""


def _is_accepted(decision: Decision) -> bool:
    answer = getattr(decision.offer, "answer", None)
    return answer is not None and answer.reply == OfferReply.ACCEPTED


def _contestable(application: Application) -> Decision:
    decision: Decision | None = application.decisions.order_by("-id").first()
    why = not_contestable(decision, application.status)
    if why or decision is None:
        raise Conflict(why, code="not_contestable")
    return decision


def _open_contest(contest: Contest, user: User) -> Application:
    """Lock the case and make sure that this person may examine its contest."""
    require(user, Act.REVIEW)
    application = lock(contest.application)
    if application.branch_id != user.branch_id:
        raise NotFound(_("No such contest."))
    answered = ContestAnswer.objects.select_related("reviewer").filter(contest=contest).first()
    if answered is not None:
        when = formatting.moment(answered.created_at)
        raise Conflict(
            _("%(who)s answered this contest on %(when)s.") % {"who": answered.reviewer, "when": when}, code="answered"
        )
    if took_part(application, user):
        raise NotAllowed(_("You took part in the first decision: another person examines the contest."))
    return application


def _open_again(application: Application, actor: Actor, facts: dict[str, str]) -> None:
    """The reviewer holds the case; the promise to the applicant starts anew."""
    application.due_at = timezone.now() + timedelta(hours=settings.CASE_PROMISE_HOURS)
    application.save(update_fields=["due_at"])
    application_move(application=application, to=Status.EXPLAINED, actor=actor, facts=facts)


def _letter(
    contest: Contest, outcome: str, text: str, day: date, *, recipient: str | None = None, is_draft: bool = False
) -> Letter:
    application, decision = contest.application, contest.decision
    answered = Answered(
        recipient=application.applicant.full_name if recipient is None else recipient,
        reference=application.reference,
        outcome=outcome,
        text=text,
        reasons=decision.reasons,
        decided_on=timezone.localdate(decision.created_at),
        received_on=contest.received_on,
        answered_on=day,
    )
    return contest_letter(answered, application.applicant.language, is_draft=is_draft)
