"""Fictional applicants with whole credit files, scored and explained, some of them decided."""

import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import cycle, islice

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override as in_language

from accounts.models import Branch, User
from applications.enums import Source, Status
from applications.models import Application
from applications.services import applicant_create, application_submit
from common import jobs
from common.actors import SYSTEM
from decisions.contests.services import contest_answer, contest_create, contest_take
from decisions.enums import ContestOutcome, Outcome, OverrideReason, Verdict
from decisions.models import Override
from decisions.notes.services import case_note_add
from decisions.services import DecisionInput, decision_create, referral_create, review_create
from explanations.models import Explanation
from ml.contract import load_contract
from ml.raw_tables import RawApplicant, applicants_of
from ml.synthetic import generate, people
from ml.synthetic.persons import Person
from scoring.enums import Recommendation

PRODUCT = "home_credit"
SEED = 20_261
CASES = 120
LYON_EVERY = 6
DECIDED_SHARE = 0.4
OLDEST_HOURS = 72
ANSWERS = (Verdict.CONFIRMED, Verdict.CONFIRMED, Verdict.REFUSED, None)

Progress = Callable[[str], None]


def cases_ready() -> bool:
    return Application.objects.filter(external_id__startswith="demo-").exists()


def cases_create(progress: Progress) -> None:
    """Submit, score and explain the demo's applications here, then decide a part of them."""
    progress(f"writing {CASES} fictional applications")
    with transaction.atomic():
        _submit_all()
    progress("scoring and explaining them")
    jobs.run_all_here(report=lambda count: progress(f"{count} jobs done"))
    progress("deciding some of them")
    _decide_some()


def _submit_all() -> None:
    tables = generate(CASES, seed=SEED)
    persons = people(CASES, SEED, application=tables["application"], on=timezone.localdate())
    branches = {branch.code: branch for branch in Branch.objects.all()}
    rows = applicants_of(load_contract(PRODUCT), tables)
    for index, (raw, person) in enumerate(zip(rows, persons, strict=True)):
        application = _submit(raw, person, branches["lyon" if index % LYON_EVERY == 0 else "paris"])
        _arrive_earlier(application, hours=OLDEST_HOURS * (1 - index / CASES))


def _submit(raw: RawApplicant, person: Person, branch: Branch) -> Application:
    applicant = applicant_create(
        first_name=person.first_name,
        last_name=person.last_name,
        birth_date=person.birth_date,
        email=person.email,
        language=person.language,
        branch=branch,
        actor=SYSTEM,
    )
    return application_submit(
        applicant=applicant,
        product=PRODUCT,
        file=raw.file,
        source=Source.IMPORT,
        actor=SYSTEM,
        external_id=f"demo-{raw.key}",
    )


def _arrive_earlier(application: Application, hours: float) -> None:
    """Spread the arrivals over the last days, so that the queue has old and new cases."""
    submitted = timezone.now() - timedelta(hours=hours)
    application.submitted_at = submitted
    application.due_at = submitted + timedelta(hours=settings.CASE_PROMISE_HOURS)
    application.save(update_fields=["submitted_at", "due_at"])


def _decide_some() -> None:
    officers = [User.objects.get(username=name) for name in ("officer", "officer_amina", "officer_lucas")]
    officer, senior = officers[0], User.objects.get(username="senior")
    explained = Application.objects.filter(status=Status.EXPLAINED, branch=officer.branch).order_by("submitted_at")
    _override_some(explained.reverse(), officers, senior)
    ready = iter(explained.all())
    for application, who in zip(islice(ready, int(CASES * DECIDED_SHARE)), cycle(officers), strict=False):
        _follow_advice(application, who)
    for application in islice(ready, 2):
        _refer(application, officer)
    for application in islice(ready, 3):
        application.assigned_to = officer
        application.save(update_fields=["assigned_to"])
        _note(application, officer)
    _contest_some(officer, senior)


def _override_some(explained: Iterable[Application], officers: list[User], senior: User) -> None:
    against = (row for row in explained if row.scores.latest("id").recommendation == Recommendation.DECLINE)
    for application, officer, answer in zip(against, cycle(officers), ANSWERS, strict=False):
        _override(application, officer, senior, answer)


def _refer(application: Application, officer: User) -> None:
    with in_language(officer.language):
        note = _("The employer's letter is dated after the application.")
    score = application.scores.latest("id")
    referral_create(application=application, score_id=score.id, note=note, user=officer)


def _note(application: Application, officer: User) -> None:
    with in_language(officer.language):
        text = _("Called the employer: the contract is confirmed, the pay slips follow by mail.")
    case_note_add(application=application, text=text, submission=uuid.uuid4(), user=officer)


def _contest_some(officer: User, senior: User) -> None:
    """Of the declined, the first two who do not agree: one waits, one was examined and stands."""
    declined = Application.objects.filter(branch=officer.branch, decisions__outcome=Outcome.DECLINE).order_by("id")
    for application, is_answered in zip(declined[:2], (False, True), strict=False):
        with in_language(application.applicant.language):  # the letter repeats the answer word for word
            view = _("I changed my employer in the autumn and earn more than the file says. The contract is enclosed.")
            text = _("The contract you sent begins next year. Please apply again once you have the first pay slip.")
        contest = contest_create(application=application, view=view, received_on=timezone.localdate(), user=officer)
        if is_answered:
            contest_take(contest=contest, user=senior)
            contest_answer(contest=contest, outcome=ContestOutcome.UPHELD, text=text, user=senior)


def _follow_advice(application: Application, officer: User) -> None:
    score = application.scores.latest("id")
    reasons = [row["reason_code"] for row in Explanation.objects.get(score=score).principal_reasons]
    decline = score.recommendation == Recommendation.DECLINE or score.probability_of_default > score.cutoff
    outcome = Outcome.DECLINE if decline and reasons else Outcome.APPROVE
    if outcome == Outcome.APPROVE and score.recommendation == Recommendation.DECLINE:
        return
    codes = tuple(reasons) if outcome == Outcome.DECLINE else ()
    decision_create(
        application=application,
        data=DecisionInput(score_id=score.id, outcome=outcome, reason_codes=codes),
        user=officer,
    )


def _override(application: Application, officer: User, senior: User, answer: Verdict | None) -> None:
    """A case over the cutoff, proposed for approval; ``answer`` is the second person's, None leaves it open."""
    with in_language(officer.language):
        proof = _("Twelve pay slips prove a higher income than stated.")
        doubt = _("The employer does not confirm the slips.") if answer == Verdict.REFUSED else ""
    override = decision_create(
        application=application,
        data=DecisionInput(
            score_id=application.scores.latest("id").id,
            outcome=Outcome.APPROVE,
            override_reason=OverrideReason.INCOME_VERIFIED,
            note=proof,
        ),
        user=officer,
    )
    if answer is not None and isinstance(override, Override):
        review_create(override_id=override.id, verdict=answer, user=senior, note=doubt)
