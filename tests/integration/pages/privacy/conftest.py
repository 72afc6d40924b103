"""A person with two decided applications, and what time or an order does to them."""

from collections.abc import Callable

import pytest

from accounts.models import User
from applications.enums import ErasureVerdict
from applications.models import Applicant, Application
from common import crypto, jobs
from decisions import tasks  # noqa: F401  registers what executes the jobs
from decisions.models import Decision, Notice
from decisions.privacy.services import erasure_answer, erasure_request
from decisions.services import DecisionInput, decision_create
from tests.factories.applications import ApplicationFactory, credit_file
from tests.factories.explanations import ExplanationFactory
from tests.factories.scoring import ScoreFactory
from tests.ledger_attacks import past_the_portal

NAME, MAIL, NOTE = "Quétzalminard", "quetzalminard@example.org", "Saw the pay slips of Quétzalminard."


def decide(application: Application, user: User, outcome: str = "decline") -> Decision:
    score = application.scores.latest("id")
    data = DecisionInput(score.id, outcome, ["external_score"] if outcome == "decline" else [], note=NOTE)
    made = decision_create(application=application, data=data, user=user)
    assert isinstance(made, Decision)
    jobs.run_all_here(lambda _done: None)
    return made


@pytest.fixture
def person(new_case: Callable[..., Application], officer: User) -> Applicant:
    """Two decided applications, each with its file, its note and its letter."""
    first = new_case(last_name=NAME)
    applicant = first.applicant
    applicant.email_encrypted = crypto.encrypt(applicant.subject_key, MAIL.encode(), applicant.id)
    applicant.save(update_fields=["email_encrypted"])
    second = ApplicationFactory(applicant=applicant, file=credit_file(AMT_CREDIT=90000.0))
    ExplanationFactory(score=ScoreFactory(application=second))
    for application in (first, second):
        application.refresh_from_db()
        decide(application, officer)
    assert Notice.objects.filter(application__applicant=applicant).count() == 2
    return Applicant.objects.get(id=applicant.id)


def aged(applicant: Applicant, years: int) -> None:
    past_the_portal(
        "UPDATE decisions_decision SET created_at = created_at - make_interval(years => %s)"
        " WHERE application_id IN (SELECT id FROM applications_application WHERE applicant_id = %s)",
        years,
        applicant.id,
    )


def erase(applicant: Applicant, senior: User, administrator: User, ground: str = "ordered") -> Applicant:
    request = erasure_request(applicant=applicant, ground=ground, user=senior)
    erasure_answer(request_id=request.id, verdict=ErasureVerdict.APPROVED, user=administrator)
    return Applicant.objects.get(id=applicant.id)
