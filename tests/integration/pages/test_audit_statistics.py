"""How often the advice was not followed: counts by group, small groups marked, each count leading to its decisions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from applications.models import Application
from decisions.audit import statistics
from decisions.audit.questions import decisions_asked
from decisions.audit.statistics import Line, group_finding, month_finding, override_statistics
from tests.factories.accounts import UserFactory
from tests.integration.pages.test_audit_search import approve, decline, override

SignIn = Callable[[User], Client]
NewCase = Callable[..., Application]
PAGE = "decisions:override-statistics"


@pytest.fixture
def decided(new_case: NewCase, officer: User, senior: User) -> User:
    """Officer: five decisions, two against the advice. Another: one, as advised."""
    other = UserFactory(branch=officer.branch, first_name="Ana", last_name="Autre")
    for _number in range(2):
        decline(new_case(), officer)
    approve(new_case(approvable=True), officer)
    override(new_case(), officer, senior)
    override(new_case(approvable=True), officer, senior)
    decline(new_case(), other)
    return other


def counts(lines: list[Line]) -> list[tuple[str, int, int, int]]:
    return [(line.name, line.decided, line.low_side, line.high_side) for line in lines]


def test_every_group_is_counted(decided: User, officer: User, auditor: User) -> None:
    found = override_statistics(decisions_asked(user=auditor, asked={}))
    assert counts([found.whole]) == [("All decisions", 6, 1, 1)]
    assert counts(found.by_officer) == [(str(officer), 5, 1, 1), (str(decided), 1, 0, 0)]
    assert counts(found.by_branch) == [(str(officer.branch), 6, 1, 1)]
    assert counts(found.by_band) == [("A", 2, 0, 1), ("D", 4, 1, 0)]
    assert [line.decided for line in found.by_month] == [6]
    assert {(line.direction.value, line.reason.value, line.count) for line in found.by_reason} == {
        ("low_side", "income_verified", 1),
        ("high_side", "document_doubt", 1),
    }


def test_groups_cost_the_same_queries_however_many_there_are(
    decided: User, auditor: User, officer: User, new_case: NewCase
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            override_statistics(decisions_asked(user=auditor, asked={}))
        return len(captured)

    before = queries()
    for _number in range(4):
        decline(new_case(), UserFactory(branch=officer.branch))
    assert queries() == before == 4


def test_page_links_each_count_to_exactly_these_decisions(
    decided: User, officer: User, auditor: User, signed_in: SignIn, is_strict: Any
) -> None:
    client = signed_in(auditor)
    response = client.get(reverse(PAGE))
    page = response.content.decode()
    assert "Against the advice: 2 of 6 decisions (33.3" in page
    assert "few" in page
    is_strict(response)
    for panel in response.context["panels"]:
        for row in panel.rows:
            assert str(client.get(row.decided_url).context["count"]) == row.decided
            if row.against_url:
                assert str(client.get(row.against_url).context["count"]) == row.against
    for row in response.context["reasons"]:
        assert str(client.get(row.url).context["count"]) == row.count


def test_month_at_the_edge_of_the_period_counts_the_days_inside(
    decided: User, auditor: User, signed_in: SignIn
) -> None:
    today = str(timezone.localdate())
    response = signed_in(auditor).get(reverse(PAGE), {"since": today, "until": today})
    months = next(panel for panel in response.context["panels"] if panel.key == "months")
    assert f"since={today}&until={today}" in months.rows[0].decided_url


def test_another_branch_has_nothing(decided: User, auditor: User, stranger: User, signed_in: SignIn) -> None:
    response = signed_in(auditor).get(reverse(PAGE), {"branch": str(stranger.branch_id)})
    assert "Nothing was decided in this period." in response.content.decode()
    assert response.context["panels"] == []


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"since": "yesterday"}, "Write the day as 2026-01-31."),
        ({"since": "2026-05-01", "until": "2026-04-01"}, "The period ends before it begins."),
        ({"branch": "zz"}, "“zz” is not one of the choices."),
        ({"product": "zz"}, "“zz” is not one of the choices."),
    ],
)
def test_a_bad_filter_is_said(filters: dict[str, str], words: str, auditor: User, signed_in: SignIn) -> None:
    response = signed_in(auditor).get(reverse(PAGE), filters)
    assert response.status_code == 422
    assert words in response.content.decode()


@pytest.mark.parametrize("role", ["officer", "senior", "risk", "administrator"])
def test_closed_to_the_others(role: str, request: Any, signed_in: SignIn) -> None:
    assert signed_in(request.getfixturevalue(role)).get(reverse(PAGE)).status_code == 403


def line(name: str, decided: int, low_side: int = 0, high_side: int = 0) -> Line:
    return Line(name, name, decided, low_side, high_side, {})


def test_a_small_group_is_never_called_the_highest() -> None:
    whole = line("All", 140, 10, 4)
    said = group_finding([line("Few", statistics.FEW - 1, 20), line("Many", 100, 6, 4), line("None", 40)], whole)
    assert said == "Highest: Many with 10.0\u00a0% (10 of 100); over all groups 10.0\u00a0%."
    assert "the rates say little" in group_finding([line("Few", 3, 3), line("Fewer", 2)], whole)
    assert "No group of at least" in group_finding([line("Even", 50), line("Also", 40)], whole)
    assert group_finding([line("Only", 50, 5)], whole) == "All decisions are in one group: Only."


def test_course_needs_two_months_that_are_large_enough() -> None:
    assert "no course to see" in month_finding([line("May", 50, 5), line("June", 3, 3)])
    found = month_finding([line("May", 50, 5), line("June", 3, 3), line("July", 40, 2)])
    assert found == "From 10.0\u00a0% in May to 5.0\u00a0% in July."
