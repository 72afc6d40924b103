"""Several cases at once: each by itself, with every refusal said, and never across a branch."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from applications.models import Application
from common.models import LedgerEvent
from decisions.services import referral_create
from tests.factories.accounts import UserFactory

SignIn = Callable[[User], Client]
NewCase = Callable[..., Application]


def send(client: Client, act: str, *cases: Application, **more: Any) -> str:
    data = {"act": act, "cases": [str(case.id) for case in cases], **more}
    return str(client.post(reverse("decisions:queue-bulk"), data, follow=True).content.decode())


def owners(*cases: Application) -> list[Any]:
    return [Application.objects.get(id=case.id).assigned_to_id for case in cases]


def test_several_are_taken_and_a_held_one_is_named(
    signed_in: SignIn, officer: User, senior: User, new_case: NewCase, is_strict: Any
) -> None:
    cases = [new_case() for _ in range(3)]
    send(signed_in(senior), "take", cases[2])
    client = signed_in(officer)
    is_strict(client.get(reverse("decisions:case-queue")))
    page = send(client, "take", *cases)
    assert owners(*cases) == [officer.id, officer.id, senior.id]
    assert "Done for 2 cases." in page
    assert f"{cases[2].reference}: Simone Sénior already works on this case." in page
    assert "Done for 2 cases." in send(client, "hand_back", *cases[:2])
    assert owners(*cases[:2]) == [None, None]


def test_senior_assigns_within_the_branch_only(
    signed_in: SignIn, officer: User, senior: User, stranger: User, new_case: NewCase
) -> None:
    case, client = new_case(), signed_in(senior)
    for nobody in (stranger.id, "x", "", UserFactory(auditor=True).id):
        assert "Choose who is to work" in send(client, "assign", case, to=nobody)
    send(client, "assign", case, to=officer.id)
    assert owners(case) == [officer.id]
    assert LedgerEvent.objects.filter(action="application.assigned", subject_id=case.id).count() == 1
    assert "Choose who is to work" in send(signed_in(officer), "assign", case, to=officer.id)


def test_what_belongs_to_another_branch_or_is_no_case_is_left_alone(
    signed_in: SignIn, stranger: User, case: Application
) -> None:
    client = signed_in(stranger)
    assert "Choose at least one case." in send(client, "take", case)
    assert "Choose at least one case." in send(client, "take")
    assert "Choose what to do" in send(client, "sell", case)
    data = {"act": "take", "cases": ["no-uuid", "\x00"]}
    assert client.post(reverse("decisions:queue-bulk"), data).status_code == 302
    assert owners(case) == [None]


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example", ""])
def test_the_way_back_stays_in_the_portal(signed_in: SignIn, officer: User, target: str) -> None:
    answer = signed_in(officer).post(reverse("decisions:queue-bulk"), {"act": "take", "next": target})
    assert answer.headers["Location"] == reverse("decisions:case-queue")


def test_the_promised_time_narrows_the_queue(signed_in: SignIn, officer: User, new_case: NewCase) -> None:
    late, soon, later = (new_case() for _ in range(3))
    for case, hours in ((late, -1), (soon, 5), (later, 40)):
        Application.objects.filter(id=case.id).update(due_at=timezone.now() + timedelta(hours=hours))
    client = signed_in(officer)
    for due, expected in (("late", {late}), ("soon", {soon}), ("", {late, soon, later})):
        rows = client.get(reverse("decisions:case-queue"), {"due": due}).context["page"].rows
        assert set(rows) == expected, due


@pytest.mark.parametrize("why", ["referred", "high_amount"])
def test_case_for_a_senior_is_not_held_by_an_officer(
    signed_in: SignIn, officer: User, senior: User, new_case: NewCase, why: str
) -> None:
    case = new_case(policy_findings=["high_amount"] if why == "high_amount" else [])
    if why == "referred":
        note = "The employer's letter is not signed."
        referral_create(application=case, score_id=case.scores.get().id, note=note, user=officer)
    client, page = signed_in(officer), reverse("decisions:case-detail", args=[case.id])
    assert "Take the case" not in client.get(page).content.decode()
    refused = client.post(reverse("decisions:case-take", args=[case.id]), follow=True).content.decode()
    assert "senior officer" in refused.split('class="notice notice-error"')[1][:300]
    assert case.reference in send(client, "take", case).split("Not done")[1][:200]
    assert case.reference in send(signed_in(senior), "assign", case, to=officer.id).split("Not done")[1][:200]
    assert owners(case) == [None]
    assert "Take the case" in signed_in(senior).get(page).content.decode()
    assert "Done for 1 case." in send(signed_in(senior), "take", case)
