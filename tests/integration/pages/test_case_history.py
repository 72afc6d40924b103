"""The history of a case: every act with what it was about, and the same person's other applications."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from applications.models import Application, PersonalDataRead
from applications.services import application_take
from common import ledger
from decisions.history.selectors import MOST_OTHERS
from decisions.models import Decision
from decisions.services import DecisionInput, decision_create, referral_create
from tests.factories.accounts import UserFactory
from tests.factories.applications import ApplicationFactory
from tests.factories.scoring import ScoreFactory

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
MOST_QUERIES = 18


def page(client: Client, case: Application) -> Any:
    return client.get(reverse("decisions:case-history", args=[case.id]))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_act_stands_with_its_words_and_its_person(
    signed_in: SignIn, officer: User, new_case: Callable[..., Application], is_strict: Any, language: str
) -> None:
    type(officer).objects.filter(pk=officer.pk).update(language=language)
    case = new_case(approvable=True)
    application_take(application=case, user=officer)
    data = DecisionInput(outcome="approve", score_id=case.scores.get().id)
    decision_create(application=case, data=data, user=officer)
    response = page(signed_in(officer), case)
    is_strict(response)
    acts = response.context["acts"]
    assert [act.moment.when for act in acts] == sorted((act.moment.when for act in acts), reverse=True)
    if language == "en":
        texts = [act.moment.text for act in acts]
        assert texts[0] == "The case was decided"
        assert texts[-1] == "The application was submitted"
        assert "The case was taken" in texts
        assert acts[0].about == "First decision: Approve."
        assert acts[0].moment.who == str(officer)
        assert acts[-1].about.startswith("Version 1.")


def test_other_applications_of_the_person_show_what_became_of_them(
    signed_in: SignIn, officer: User, new_case: Callable[..., Application]
) -> None:
    case = new_case()
    earlier = ApplicationFactory(applicant=case.applicant)
    score = ScoreFactory(application=earlier, probability_of_default=0.123, risk_grade="C")
    Decision.objects.create(application=earlier, score=score, outcome="approve", decided_by=officer)
    somebody_elses = new_case()
    text = page(signed_in(officer), case).content.decode()
    assert earlier.reference in text
    assert "12.3\xa0%, C" in text
    assert somebody_elses.reference not in text
    assert page(signed_in(officer), case).context["others"][0][1] == "Approve"


def test_first_application_says_so(signed_in: SignIn, officer: User, case: Application) -> None:
    assert "this is the first" in page(signed_in(officer), case).content.decode()


def test_another_branchs_application_of_the_person_stays_unknown(
    signed_in: SignIn, officer: User, auditor: User, case: Application
) -> None:
    other = ApplicationFactory(applicant=case.applicant)
    Application.objects.filter(id=other.id).update(branch=UserFactory().branch)
    assert other.reference not in page(signed_in(officer), case).content.decode()
    assert other.reference in page(signed_in(auditor), case).content.decode()


def test_many_applications_and_many_acts_are_bounded(signed_in: SignIn, officer: User, case: Application) -> None:
    client = signed_in(officer)
    with CaptureQueriesContext(connection) as few:
        assert page(client, case).status_code == 200
    for _application in range(MOST_OTHERS + 2):
        ApplicationFactory(applicant=case.applicant)
    for _act in range(205):
        ledger.record(action="application.taken", subject=case, actor=officer.actor)
    with CaptureQueriesContext(connection) as many:
        response = page(client, case)
    assert len(response.context["others"]) == MOST_OTHERS
    assert len(response.context["acts"]) == 200
    assert "The newest 200 acts are shown" in response.content.decode()
    assert "All applications of this person" in response.content.decode()
    assert len(many.captured_queries) <= max(len(few.captured_queries) + 1, MOST_QUERIES)
    assert len(many.captured_queries) <= MOST_QUERIES


def test_reading_is_recorded_and_foreign_cases_are_unknown(
    signed_in: SignIn, officer: User, stranger: User, risk: User, case: Application
) -> None:
    before = PersonalDataRead.objects.count()
    assert page(signed_in(officer), case).status_code == 200
    assert PersonalDataRead.objects.count() == before + 1
    assert page(signed_in(stranger), case).status_code == 404
    assert page(signed_in(risk), case).status_code == 403


def test_referral_is_among_the_acts(signed_in: SignIn, officer: User, case: Application) -> None:
    application_take(application=case, user=officer)
    note = "The income is not proved by any document."
    referral_create(application=case, score_id=case.scores.get().id, note=note, user=officer)
    texts = [act.moment.text for act in page(signed_in(officer), case).context["acts"]]
    assert "The case was referred to a senior officer" in texts
