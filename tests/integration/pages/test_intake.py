"""A new application is entered by hand; what is wrong is said beside the field and nothing typed is lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse, reverse_lazy
from django.utils import timezone

from accounts.models import User
from applications.models import Application
from applications.selectors import document
from ml.contract import load_contract
from tests.factories.applications import FILE, PRODUCT

SignIn = Callable[[User], Client]
NEW = reverse_lazy("applications:application-new", query={"product": PRODUCT})
PERSON = {"first_name": "Inès", "last_name": "D'Almeida", "birth_date": "1988-02-29", "email": "", "language": "fr"}


def answers(**changes: Any) -> dict[str, Any]:
    """The example file as a person would type it: dates instead of day counts."""
    contract = load_contract()
    row = {name: value for name, value in FILE["application"].items() if value is not None}
    for name, value in row.items():
        column = contract.application.column(name)
        if column.unit == "days_relative":
            row[name] = (timezone.localdate() + timedelta(days=value)).isoformat()
    row.pop(contract.birth_days_column or "", None)
    return PERSON | row | changes


@pytest.fixture
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.jobs.nudge", lambda job_id, kind: None)


@pytest.mark.usefixtures("_no_broker")
def test_submitted_application_keeps_the_contract(signed_in: SignIn, officer: User) -> None:
    response = signed_in(officer).post(NEW, answers())
    application = Application.objects.get()
    assert response.headers["Location"] == reverse("decisions:case-detail", args=[application.id])
    latest = application.latest_file
    assert latest is not None
    row = document(latest)["application"]
    assert row["AMT_CREDIT"] == FILE["application"]["AMT_CREDIT"]
    assert row["DAYS_EMPLOYED"] == FILE["application"]["DAYS_EMPLOYED"]
    assert -38 * 366 - 300 < row["DAYS_BIRTH"] < -30 * 365
    assert application.branch == officer.branch


def test_errors_stand_beside_the_field_and_nothing_typed_is_lost(
    signed_in: SignIn, officer: User, is_strict: Any
) -> None:
    data = answers(AMT_CREDIT="12", first_name="", AMT_INCOME_TOTAL="plenty")
    response = signed_in(officer).post(NEW, data)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Between 1,000 and" in page
    assert 'value="plenty"' in page
    assert "3 things need your attention" in page
    assert not Application.objects.exists()
    is_strict(response)


def test_date_and_not_applicable_exclude_each_other(signed_in: SignIn, officer: User) -> None:
    data = answers(DAYS_EMPLOYED__not_applicable="on")
    page = signed_in(officer).post(NEW, data).content.decode()
    assert "not both" in page


@pytest.mark.usefixtures("_no_broker")
def test_not_applicable_becomes_the_contracts_sentinel(signed_in: SignIn, officer: User) -> None:
    data = answers(DAYS_EMPLOYED="", DAYS_EMPLOYED__not_applicable="on")
    signed_in(officer).post(NEW, data)
    latest = Application.objects.get().latest_file
    assert latest is not None
    assert document(latest)["application"]["DAYS_EMPLOYED"] == 365243


@pytest.mark.usefixtures("_no_broker")
def test_known_applicant_gets_a_further_application(signed_in: SignIn, officer: User, case: Application) -> None:
    address = f"{NEW}&applicant={case.applicant_id}"
    data = {name: value for name, value in answers().items() if name not in PERSON}
    signed_in(officer).post(address, data)
    assert Application.objects.filter(applicant=case.applicant).count() == 2


def test_another_branchs_applicant_is_unknown(signed_in: SignIn, stranger: User, case: Application) -> None:
    address = f"{NEW}&applicant={case.applicant_id}"
    assert signed_in(stranger).get(address).status_code == 404


def test_markup_in_a_name_is_shown_not_run(signed_in: SignIn, officer: User, new_case: Any, is_strict: Any) -> None:
    case = new_case(last_name="<script>alert(1)</script>")
    for name, key in (("decisions:case-detail", case.id), ("applications:applicant-detail", case.applicant_id)):
        response = signed_in(officer).get(reverse(name, args=[key]))
        assert "&lt;script&gt;" in response.content.decode()
        is_strict(response)


def test_an_empty_form_speaks_of_no_rows_from_a_file(signed_in: SignIn, officer: User) -> None:
    page = signed_in(officer).get(reverse("applications:application-new")).content.decode()
    assert "Comes with the file" not in page
