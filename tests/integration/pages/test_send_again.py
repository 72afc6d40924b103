"""A form that comes after the session ended is not lost, and no other site can make use of that."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from applications.models import Application
from decisions.models import Referral

SignIn = Callable[[User], Client]
OWN, OTHER = "http://testserver", "https://elsewhere.example"
NOTE = 'Seen on "pay slips" </textarea><script>alert(1)</script>'


def send(client: Client, case: Application, origin: str, **headers: Any) -> Any:
    data = {"score_id": case.scores.latest("id").id, "outcome": "refer", "note": NOTE}
    return client.post(reverse("decisions:case-decide", args=[case.id]), data, headers={"Origin": origin, **headers})


def as_form(client: Client, case: Application, origin: str) -> Any:
    body = "outcome=refer&note=Seen+on+pay+slips"
    kind = "application/x-www-form-urlencoded"
    address = reverse("decisions:case-decide", args=[case.id])
    return client.post(address, body, content_type=kind, headers={"Origin": origin})


def test_what_was_typed_comes_back_to_be_sent_again(case: Application, is_strict: Any) -> None:
    answer = as_form(Client(), case, OWN)
    page = answer.content.decode()
    assert answer.status_code == 401
    assert "Seen on pay slips" in page
    assert "sign in in another tab" in page
    assert not Referral.objects.exists()
    is_strict(answer)


def test_markup_in_what_was_typed_stays_text(case: Application) -> None:
    body = "note=%3C%2Ftextarea%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E"
    address = reverse("decisions:case-decide", args=[case.id])
    kind = "application/x-www-form-urlencoded"
    page = Client().post(address, body, content_type=kind, headers={"Origin": OWN}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("origin", [OTHER, "null", ""])
def test_another_site_gets_the_sign_in_only(case: Application, origin: str) -> None:
    answer = as_form(Client(), case, origin)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("account_login"))


def test_an_upload_and_a_script_get_the_sign_in_only(case: Application) -> None:
    assert send(Client(), case, OWN).status_code == 302


def test_a_token_of_an_earlier_session_is_replaced(case: Application, officer: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(officer)
    answer = as_form(client, case, OWN)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "You are signed in again" in page
    assert "csrfmiddlewaretoken" in page
    assert not Referral.objects.exists()


def test_another_site_never_gets_its_form_back(case: Application, officer: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(officer)
    answer = as_form(client, case, OTHER)
    assert answer.status_code == 403
    assert "Seen on" not in answer.content.decode()
    assert reverse("decisions:case-decide", args=[case.id]) not in re.findall(
        'action="([^"]*)"', answer.content.decode()
    )
