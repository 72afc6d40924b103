"""The search over decisions: every filter narrows, a bad value is said, another branch stays unknown."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from applications.models import Application
from decisions.audit.forms import QuestionForm
from decisions.audit.questions import count_up_to, decisions_asked
from decisions.models import Decision, Override
from decisions.services import DecisionInput, decision_create, review_create
from tests.factories.scoring import ModelVersionFactory

SignIn = Callable[[User], Client]
NewCase = Callable[..., Application]
LIST = "decisions:decision-list"


def decline(case: Application, user: User, reason: str = "external_score") -> Decision:
    made = decision_create(
        application=case, data=DecisionInput(case.scores.latest("id").id, "decline", [reason]), user=user
    )
    assert isinstance(made, Decision)
    return made


def approve(case: Application, user: User) -> Decision:
    made = decision_create(application=case, data=DecisionInput(case.scores.latest("id").id, "approve"), user=user)
    assert isinstance(made, Decision)
    return made


def override(case: Application, user: User, senior: User) -> Decision:
    score = case.scores.latest("id")
    data = (
        DecisionInput(score.id, "approve", override_reason="income_verified", note="Seen on three pay slips.")
        if score.is_over_cutoff
        else DecisionInput(score.id, "decline", override_reason="document_doubt", note="The slips do not agree.")
    )
    proposed = decision_create(application=case, data=data, user=user)
    assert isinstance(proposed, Override)
    review_create(override_id=proposed.id, verdict="confirmed", user=senior)
    return Decision.objects.get(override=proposed)


@pytest.fixture
def decided(new_case: NewCase, officer: User, senior: User) -> dict[str, Decision]:
    big = new_case(model_version=ModelVersionFactory(version="home_credit-20260202T000000Z-next"))
    Application.objects.filter(id=big.id).update(amount=Decimal(900_000))
    return {
        "declined": decline(new_case(), officer),
        "declined_big": decline(big, senior, "request_amount"),
        "approved": approve(new_case(approvable=True), officer),
        "low_side": override(new_case(), officer, senior),
        "high_side": override(new_case(approvable=True), officer, senior),
    }


def asked(user: User, **filters: str) -> set[Any]:
    form = QuestionForm(user, filters)
    assert form.is_valid(), form.errors
    return set(decisions_asked(user=user, asked=form.cleaned_data).values_list("id", flat=True))


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, {"declined", "declined_big", "approved", "low_side", "high_side"}),
        ({"outcome": "decline"}, {"declined", "declined_big", "high_side"}),
        ({"outcome": "counter_offer"}, set()),
        ({"override": "yes"}, {"low_side", "high_side"}),
        ({"override": "no"}, {"declined", "declined_big", "approved"}),
        ({"override": "low_side"}, {"low_side"}),
        ({"override": "high_side"}, {"high_side"}),
        ({"grade": "A"}, {"approved", "high_side"}),
        ({"reason": "request_amount"}, {"declined_big"}),
        ({"reason": "income_verified"}, {"low_side"}),
        ({"reason": "document_doubt"}, {"high_side"}),
        ({"model": "home_credit-20260202T000000Z-next"}, {"declined_big"}),
        ({"least": "900000"}, {"declined_big"}),
        ({"most": "899999.99"}, {"declined", "approved", "low_side", "high_side"}),
        ({"product": "home_credit"}, {"declined", "declined_big", "approved", "low_side", "high_side"}),
        ({"stage": "contest"}, set()),
        ({"outcome": "decline", "grade": "D", "most": "800000"}, {"declined"}),
    ],
)
def test_each_filter_narrows(
    filters: dict[str, str], found: set[str], decided: dict[str, Decision], auditor: User
) -> None:
    assert asked(auditor, **filters) == {decided[name].id for name in found}


def test_officer_is_who_decided_and_another_confirms(
    decided: dict[str, Decision], auditor: User, officer: User, senior: User
) -> None:
    assert asked(auditor, officer=str(officer.id)) == {
        row.id for name, row in decided.items() if name != "declined_big"
    }
    assert asked(auditor, officer=str(senior.id)) == {decided["declined_big"].id}
    assert asked(auditor, confirmer=str(senior.id)) == {decided["low_side"].id, decided["high_side"].id}


def test_period_has_its_first_and_its_last_day(decided: dict[str, Decision], auditor: User) -> None:
    today = timezone.localdate()
    day = timedelta(days=1)
    assert len(asked(auditor, since=str(today), until=str(today))) == len(decided)
    assert asked(auditor, since=str(today + day)) == set()
    assert asked(auditor, until=str(today - day)) == set()


def test_branch_is_for_those_who_see_every_branch(
    decided: dict[str, Decision], auditor: User, officer: User, stranger: User
) -> None:
    assert len(asked(auditor, branch=str(officer.branch_id))) == len(decided)
    assert asked(auditor, branch=str(stranger.branch_id)) == set()
    assert asked(stranger) == set()
    assert "branch" not in QuestionForm(officer).fields


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"outcome": "zz"}, "“zz” is not one of the choices."),
        ({"override": "perhaps"}, "“perhaps” is not one of the choices."),
        ({"officer": "zz"}, "“zz” is not one of the choices."),
        ({"branch": "zz"}, "“zz” is not one of the choices."),
        ({"model": "no-such-version"}, "“no-such-version” is not one of the choices."),
        ({"reason": "zz"}, "“zz” is not one of the choices."),
        ({"grade": "Z"}, "“Z” is not one of the choices."),
        ({"since": "31/01/2026"}, "Write the day as 2026-01-31."),
        ({"since": "0001-01-01"}, "This day lies outside the years 2000 to 2100."),
        ({"until": "9999-12-31"}, "This day lies outside the years 2000 to 2100."),
        ({"since": "2026-02-01", "until": "2026-01-01"}, "The period ends before it begins."),
        ({"least": "much"}, "Write the amount in digits, such as 25000."),
        ({"least": "NaN"}, "Write the amount in digits, such as 25000."),
        ({"least": "-5"}, "greater than or equal to 0"),
        ({"least": "2000", "most": "1000"}, "The most is less than the least."),
        ({"q": "a\x00b"}, "Null characters are not allowed."),
        ({"oficer": "1"}, "“oficer” is no filter of this page."),
    ],
)
def test_a_bad_value_is_said_in_words(
    filters: dict[str, str], words: str, auditor: User, signed_in: SignIn, is_strict: Any
) -> None:
    response = signed_in(auditor).get(reverse(LIST), filters)
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert "Nothing is shown" in page
    is_strict(response)


def test_another_branchs_officer_cannot_be_asked_for(officer: User, stranger: User, signed_in: SignIn) -> None:
    response = signed_in(officer).get(reverse(LIST), {"officer": str(stranger.id)})
    assert response.status_code == 422
    assert str(stranger) not in response.content.decode()


def test_page_says_what_was_asked_and_leads_to_the_evidence(
    decided: dict[str, Decision], auditor: User, signed_in: SignIn, is_strict: Any
) -> None:
    response = signed_in(auditor).get(reverse(LIST), {"override": "low_side", "grade": "D"})
    page = response.content.decode()
    assert response.context["count"] == 1
    assert reverse("decisions:evidence-detail", args=[decided["low_side"].id]) in page
    assert reverse("decisions:evidence-detail", args=[decided["declined"].id]) not in page
    assert f'href="{reverse(LIST)}?override=low_side"' in page
    assert f'href="{reverse(LIST)}?grade=D"' in page
    is_strict(response)


def test_list_goes_on_and_keeps_its_filters(new_case: NewCase, officer: User, auditor: User, signed_in: SignIn) -> None:
    rows = [decline(new_case(), officer) for _number in range(27)]
    client = signed_in(auditor)
    first = client.get(reverse(LIST), {"outcome": "decline"})
    assert "27 decisions" in first.content.decode()
    following = f"{reverse(LIST)}?outcome=decline&amp;after={first.context['page'].next_after}"
    assert following in first.content.decode()
    second = client.get(reverse(LIST), {"outcome": "decline", "after": first.context["page"].next_after})
    seen = [*first.context["page"].rows, *second.context["page"].rows]
    assert [row.id for row in seen] == [row.id for row in reversed(rows)]


def test_count_stops_at_the_most(decided: dict[str, Decision]) -> None:
    rows = Decision.objects.all()
    assert count_up_to(rows, 10) == len(decided)
    assert count_up_to(rows, 3) == 4
