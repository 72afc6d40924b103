"""The applicant does not agree: an officer records it in the applicant's words."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from applications.models import Application
from common.errors import Conflict
from common.models import LedgerEvent
from decisions.contests.services import contest_answer, contest_create, contest_take
from decisions.models import Contest, Decision
from decisions.services import decision_create
from tests.integration.pages.contests.conftest import TEXT, VIEW, data_for, status_of

SignIn = Callable[[User], Client]


def test_officer_records_a_contest_in_the_applicants_words(
    signed_in: SignIn, officer: User, decision: Decision, is_strict: Any
) -> None:
    client, case = signed_in(officer), decision.application
    form = reverse("decisions:contest-new", args=[case.id])
    assert form in client.get(reverse("decisions:case-detail", args=[case.id])).content.decode()
    is_strict(client.get(form))
    received = timezone.localdate()
    response = client.post(form, {"received_on": received.isoformat(), "view": VIEW})
    contest = Contest.objects.get()
    assert response["Location"] == reverse("decisions:contest-detail", args=[contest.id])
    assert contest.due_on == received + timedelta(days=settings.LENDER["answer_days"])
    assert (contest.decision, contest.recorded_by, status_of(case)) == (decision, officer, "contested")
    assert VIEW.encode() not in bytes(contest.note_encrypted)
    event = LedgerEvent.objects.get(action="application.moved", facts__to="contested")
    assert event.facts["contest"] == str(contest.id)
    assert "employer" not in str(event.facts)
    page = client.get(response["Location"])
    assert VIEW in page.content.decode()
    is_strict(page)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"view": "no"}, "in at least ten letters"),
        ({"view": ""}, "required"),
        ({"received_on": ""}, "required"),
        ({"received_on": "2019-01-01"}, "between the day of the decision and today"),
        ({"received_on": "2999-01-01"}, "between the day of the decision and today"),
    ],
)
def test_an_incomplete_contest_comes_back_with_what_was_typed(
    sent: dict[str, str], said: str, signed_in: SignIn, officer: User, decision: Decision
) -> None:
    whole = {"received_on": timezone.localdate().isoformat(), "view": VIEW}
    url = reverse("decisions:contest-new", args=[decision.application_id])
    response = signed_in(officer).post(url, whole | sent)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert sent.get("view", VIEW) in response.content.decode()
    assert not Contest.objects.exists()


def test_a_second_contest_is_refused_while_one_is_open_and_after_it(
    contest: Contest, officer: User, senior: User
) -> None:
    def again() -> None:
        contest_create(application=contest.application, view=VIEW, received_on=timezone.localdate(), user=officer)

    with pytest.raises(Conflict, match="contested already"):
        again()
    contest_take(contest=contest, user=senior)
    contest_answer(contest=contest, outcome="upheld", text=TEXT, user=senior)
    with pytest.raises(Conflict, match="after a contest already"):
        again()
    assert Contest.objects.count() == 1


def test_what_is_open_or_granted_cannot_be_contested(
    new_case: Callable[..., Application], officer: User, signed_in: SignIn
) -> None:
    undecided, granted = new_case(), new_case(approvable=True)
    decision_create(application=granted, data=data_for(granted, "approve"), user=officer)
    for case in (undecided, granted):
        with pytest.raises(Conflict):
            contest_create(application=case, view=VIEW, received_on=timezone.localdate(), user=officer)
        response = signed_in(officer).get(reverse("decisions:contest-new", args=[case.id]))
        assert response["Location"] == reverse("decisions:case-detail", args=[case.id])


def test_a_contest_that_somebody_recorded_first_keeps_what_was_typed(
    contest: Contest, officer: User, signed_in: SignIn
) -> None:
    url = reverse("decisions:contest-new", args=[contest.application_id])
    typed = {"received_on": timezone.localdate().isoformat(), "view": "They wrote a second letter to us."}
    response = signed_in(officer).post(url, typed)
    assert response.status_code == 409
    page = response.content.decode()
    assert "contested already" in page
    assert typed["view"] in page
    assert Contest.objects.count() == 1
