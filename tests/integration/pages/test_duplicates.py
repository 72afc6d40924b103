"""Before a new person is put on record, those who may be the same are shown, and the officer says who it is."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.models import Branch, User
from applications.models import Applicant, Application
from tests.factories.applications import ApplicantFactory
from tests.integration.pages.test_intake import NEW, answers

SignIn = Callable[[User], Client]
BORN = date(1988, 2, 29)
NAME = {"first_name": "Jean-Luc", "last_name": "Lefèvre"}


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.jobs.nudge", lambda job_id, kind: None)


@pytest.fixture
def known(branch: Branch) -> Applicant:
    return ApplicantFactory(branch=branch, birth_date=BORN, **NAME)


@pytest.mark.parametrize(
    ("first_name", "last_name"),
    [("Jean-Luc", "Lefèvre"), ("JEAN LUC", "LEFEVRE"), ("Lefevre", "Jean-Luc"), (" jean-luc ", "Lefe\u0300vre")],
)
def test_who_is_known_is_shown_and_nothing_is_written(
    signed_in: SignIn, officer: User, known: Applicant, first_name: str, last_name: str, is_strict: Any
) -> None:
    response = signed_in(officer).post(NEW, answers(first_name=first_name, last_name=last_name))
    assert response.status_code == 409
    assert "Do we know this person?" in response.content.decode()
    assert str(known.id) in response.content.decode()
    assert not Application.objects.exists()
    assert known.reads.count() == 1
    is_strict(response)


def test_the_same_person_keeps_one_record(signed_in: SignIn, officer: User, known: Applicant) -> None:
    response = signed_in(officer).post(NEW, answers(**NAME, same_person=str(known.id)))
    assert response.status_code == 302
    assert Application.objects.get().applicant == known
    assert Applicant.objects.count() == 1


def test_the_page_carries_everything_that_was_typed(signed_in: SignIn, officer: User, known: Applicant) -> None:
    page = signed_in(officer).post(NEW, answers(**NAME)).content.decode()
    for name, value in answers(**NAME).items():
        assert value == "" or f'name="{name}" value="{value}"' in page


def test_another_person_gets_a_record_of_their_own(signed_in: SignIn, officer: User, known: Applicant) -> None:
    signed_in(officer).post(NEW, answers(**NAME, same_person="none"))
    assert Application.objects.get().applicant != known
    assert Applicant.objects.count() == 2


@pytest.mark.parametrize("changes", [{"birth_date": "1988-03-01"}, {"first_name": "Jean"}, {"last_name": "Lefevret"}])
def test_somebody_else_is_not_asked_about(
    signed_in: SignIn, officer: User, known: Applicant, changes: dict[str, str]
) -> None:
    assert signed_in(officer).post(NEW, answers(**NAME | changes)).status_code == 302
    assert Applicant.objects.count() == 2


def test_another_branchs_people_are_neither_shown_nor_chosen(signed_in: SignIn, officer: User) -> None:
    elsewhere = ApplicantFactory(birth_date=BORN, **NAME)
    client = signed_in(officer)
    assert client.post(NEW, answers(**NAME, same_person=str(elsewhere.id))).status_code == 404
    assert not Application.objects.exists()
    assert client.post(NEW, answers(**NAME)).status_code == 302
    assert Application.objects.get().applicant != elsewhere


def test_a_choice_that_was_not_offered_is_unknown(
    signed_in: SignIn, officer: User, known: Applicant, case: Application
) -> None:
    client = signed_in(officer)
    assert client.post(NEW, answers(**NAME, same_person=str(case.applicant_id))).status_code == 404
    assert client.post(NEW, answers(**NAME, same_person="nonsense")).status_code == 404
