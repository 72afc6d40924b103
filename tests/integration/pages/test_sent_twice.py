"""The same form of the desk sent twice leaves one record, and the second answer says in words what happened."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from applications.models import Application
from common.models import LedgerEvent
from decisions.contests.services import contest_create, contest_take
from decisions.models import Contest, ContestAnswer, Decision, Override, Review
from decisions.queue.models import QueueView
from decisions.services import DecisionInput, decision_create

SignIn = Callable[[User], Client]
NOTE = "Seen on the pay slips of June."
APPROVE = {"outcome": "approve", "override_reason": "income_verified", "note": NOTE}


def twice(client: Client, address: str, data: dict[str, Any]) -> tuple[str, str]:
    """Where the first led, and what the second says; neither fails."""
    first = client.post(address, data)
    assert first.status_code == 302
    second = client.post(address, data, follow=True)
    assert second.status_code in (200, 409, 422)
    return first.headers["Location"], second.content.decode()


def typed(case: Application, **fields: Any) -> dict[str, Any]:
    return {"score_id": str(case.scores.get().id), "step": "confirmed", **fields}


def acts(name: str) -> int:
    return LedgerEvent.objects.filter(action=name).count()


@pytest.fixture
def declined(case: Application, officer: User) -> Decision:
    data = DecisionInput(case.scores.get().id, "decline", reason_codes=["external_score"])
    made = decision_create(application=case, data=data, user=officer)
    assert isinstance(made, Decision)
    return made


@pytest.fixture
def contest(declined: Decision, officer: User) -> Contest:
    day = timezone.localdate()
    return contest_create(application=declined.application, view=NOTE, received_on=day, user=officer)


def test_case_is_taken_and_handed_back_once(signed_in: SignIn, officer: User, case: Application) -> None:
    client = signed_in(officer)
    _, said = twice(client, reverse("decisions:case-take", args=[case.id]), {})
    assert "You work on this case now." in said
    assert acts("application.taken") == 1
    _, said = twice(client, reverse("decisions:case-hand-back", args=[case.id]), {})
    assert "You do not hold this case." in said
    assert acts("application.handed_back") == 1


def test_decision_is_one_and_the_back_button_leads_to_it(
    signed_in: SignIn, officer: User, case: Application, is_strict: Any
) -> None:
    client, sent = signed_in(officer), typed(case, outcome="decline", reason_codes=["external_score"], note=NOTE)
    _, said = twice(client, reverse("decisions:case-decide", args=[case.id]), sent)
    assert Decision.objects.count() == 1
    assert "Odile Officier" in said
    assert NOTE in said
    earlier = client.post(reverse("decisions:case-decide", args=[case.id]), sent | {"step": "check"})
    assert earlier.status_code == 409
    assert "Not decided." in earlier.content.decode()
    is_strict(earlier)
    again = client.get(reverse("decisions:case-detail", args=[case.id]))
    assert reverse("decisions:decision-detail", args=[Decision.objects.get().id]) in again.content.decode()
    assert "no-store" in again.headers["Cache-Control"]


def test_proposal_and_its_answer_are_one_each(
    signed_in: SignIn, officer: User, senior: User, case: Application, is_strict: Any
) -> None:
    _, said = twice(signed_in(officer), reverse("decisions:case-decide", args=[case.id]), typed(case, **APPROVE))
    assert NOTE in said
    proposal = Override.objects.get()
    address, answer = reverse("decisions:review-detail", args=[proposal.id]), {"verdict": "refused", "note": NOTE}
    client = signed_in(senior)
    _, said = twice(client, address, answer)
    assert Review.objects.count() == 1
    assert "answered" in said
    assert NOTE in said
    is_strict(client.post(address, answer))


def test_proposal_is_withdrawn_once(signed_in: SignIn, officer: User, case: Application) -> None:
    proposal = decision_create(application=case, data=DecisionInput(case.scores.get().id, **APPROVE), user=officer)
    _, said = twice(signed_in(officer), reverse("decisions:proposal-withdraw", args=[proposal.id]), {})
    assert Review.objects.count() == 1
    assert "answered" in said


def test_contest_is_recorded_once(signed_in: SignIn, officer: User, declined: Decision) -> None:
    sent = {"received_on": timezone.localdate().isoformat(), "view": NOTE}
    address = reverse("decisions:contest-new", args=[declined.application_id])
    _, said = twice(signed_in(officer), address, sent)
    assert Contest.objects.count() == 1
    assert "contested already" in said
    assert NOTE in said


def test_contest_is_taken_handed_back_and_answered_once(signed_in: SignIn, senior: User, contest: Contest) -> None:
    client = signed_in(senior)
    _, said = twice(client, reverse("decisions:contest-take", args=[contest.id]), {})
    assert "You examine this contest now." in said
    assert acts("contest.taken") == 1
    _, said = twice(client, reverse("decisions:contest-hand-back", args=[contest.id]), {})
    assert "You do not hold this case." in said
    contest_take(contest=contest, user=senior)
    sent = {"outcome": "upheld", "text": NOTE, "step": "record"}
    _, said = twice(client, reverse("decisions:contest-answer", args=[contest.id]), sent)
    assert ContestAnswer.objects.count() == 1
    assert "answered this contest" in said


def test_view_of_the_queue_is_kept_once(signed_in: SignIn, officer: User) -> None:
    client = signed_in(officer)
    twice_said = twice(client, reverse("decisions:queue-view-new") + "?which=mine", {"name": "Mine"})[1]
    assert QueueView.objects.count() == 1
    assert "You already have a view with this name." in twice_said
    address = reverse("decisions:queue-view-delete", args=[QueueView.objects.get().id])
    assert client.post(address).status_code == 302
    assert client.post(address).status_code == 404
