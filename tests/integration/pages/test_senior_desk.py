"""What waits for the second person, how often the branch goes against the advice, and lists that go on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from applications.models import Application
from decisions.contests.services import contest_create
from decisions.models import Override
from decisions.overrides import month_of, override_month
from decisions.services import DecisionInput, decision_create, override_withdraw, referral_create, review_create
from tests.factories.accounts import UserFactory

SignIn = Callable[[User], Client]
NewCase = Callable[..., Application]
DESK = "decisions:senior-desk"


def propose(case: Application, user: User) -> Override:
    score = case.scores.latest("id")
    low_side = score.is_over_cutoff
    data = DecisionInput(
        score.id,
        "approve" if low_side else "decline",
        override_reason="income_verified" if low_side else "document_doubt",
        note="Seen on the pay slips of three months.",
    )
    made = decision_create(application=case, data=data, user=user)
    assert isinstance(made, Override)
    return made


def decide(case: Application, user: User) -> None:
    data = DecisionInput(case.scores.latest("id").id, "decline", ["external_score"])
    decision_create(application=case, data=data, user=user)


def test_month_counts_by_officer_and_by_band(new_case: NewCase, officer: User, senior: User) -> None:
    other = UserFactory(branch=officer.branch, first_name="Ana", last_name="Autre")
    review_create(override_id=propose(new_case(), officer).id, verdict="confirmed", user=senior)
    review_create(
        override_id=propose(new_case(), officer).id, verdict="refused", user=senior, note="The slips are not theirs."
    )
    override_withdraw(override_id=propose(new_case(), officer).id, user=officer)
    propose(new_case(approvable=True), other)
    decide(new_case(), other)
    stranger = UserFactory()
    assert override_month(branch=stranger.branch, first=month_of("")).by_officer == []

    month = override_month(branch=officer.branch, first=month_of(""))
    first, second = month.by_officer
    assert (first.name, first.decided, first.low_side, first.high_side) == (str(officer), 1, 3, 0)
    assert (first.confirmed, first.closed, first.waiting) == (1, 2, 0)
    assert (second.name, second.decided, second.high_side, second.waiting) == (str(other), 1, 1, 1)
    assert [(line.name, line.proposed, line.decided) for line in month.by_band] == [("A", 1, 0), ("D", 3, 2)]


def test_desk_shows_what_waits_and_says_the_finding(
    new_case: NewCase, officer: User, senior: User, signed_in: SignIn, is_strict: Any
) -> None:
    waiting, contested, referred = new_case(), new_case(), new_case()
    referral_create(
        application=referred, score_id=referred.scores.latest("id").id, note="The employer is unknown.", user=officer
    )
    propose(waiting, officer)
    decide(contested, officer)
    contest_create(application=contested, view="I do not agree.", received_on=timezone.localdate(), user=officer)
    response = signed_in(senior).get(reverse(DESK))
    page = response.content.decode()
    for case in (waiting, contested, referred):
        assert case.reference in page
    assert f"1 override was proposed in {month_words()}, at most 1 by one person ({officer})" in page
    assert "No grade has more overrides than D: 1 (decisions in this grade: 1)." in page
    assert page.count("data-figure=") == 2
    is_strict(response)


def month_words() -> str:
    return f"{timezone.localdate():%B %Y}"


def test_quiet_desk_says_so_and_draws_nothing(senior: User, signed_in: SignIn) -> None:
    page = signed_in(senior).get(reverse(DESK)).content.decode()
    for words in (
        "Nothing waits for you.",
        "No contest waits for an answer.",
        "No case is referred to you.",
        "Nobody went against the advice",
    ):
        assert words in page
    assert "data-figure=" not in page


@pytest.mark.parametrize("month", ["2026-13", "november", "2999-01", "0001-01", "2026-1'"])
def test_a_month_that_is_none_is_not_found(month: str, senior: User, signed_in: SignIn) -> None:
    assert signed_in(senior).get(reverse(DESK), {"month": month}).status_code == 404


def test_earlier_months_can_be_opened(new_case: NewCase, officer: User, senior: User, signed_in: SignIn) -> None:
    propose(new_case(), officer)
    earlier = timezone.localdate().replace(day=1) - timedelta(days=1)
    client = signed_in(senior)
    assert "Month after" not in client.get(reverse(DESK)).content.decode()
    page = client.get(reverse(DESK), {"month": f"{earlier:%Y-%m}"}).content.decode()
    assert "Month after" in page
    assert "Nobody went against the advice" in page


def test_reviews_go_on_beyond_the_first_page(new_case: NewCase, officer: User, senior: User, signed_in: SignIn) -> None:
    made = [propose(new_case(), officer).id for _number in range(27)]
    client, url = signed_in(senior), reverse("decisions:review-list")
    first = client.get(url).context["page"]
    second = client.get(url, {"after": first.next_after}).context["page"]
    assert [row.id for row in (*first.rows, *second.rows)] == made
    assert second.next_after is None
    assert client.get(url, {"after": "nonsense"}).status_code == 404


def test_desk_stays_within_its_queries(new_case: NewCase, officer: User, senior: User, signed_in: SignIn) -> None:
    for _number in range(12):
        propose(new_case(), officer)
    client = signed_in(senior)
    with CaptureQueriesContext(connection) as captured:
        client.get(reverse(DESK))
    assert len(captured.captured_queries) <= 10, "\n".join(query["sql"] for query in captured.captured_queries)
