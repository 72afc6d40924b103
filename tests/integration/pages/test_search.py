"""Names and references are found as people remember them."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from applications.models import Application

SignIn = Callable[[User], Client]
LISTS = ["decisions:case-queue", "applications:application-list", "applications:applicant-list"]


def listed(client: Client, name: str, typed: str) -> str:
    response = client.get(reverse(name), {"q": typed})
    assert response.status_code == 200
    return unescape(response.content.decode())


@pytest.mark.parametrize("name", LISTS)
def test_search_knows_no_accents(signed_in: SignIn, officer: User, case: Application, name: str) -> None:
    assert "Lefèvre" in listed(signed_in(officer), name, "lefevre")
    assert "Lefèvre" not in listed(signed_in(officer), name, "nobody at all")


@pytest.mark.parametrize("typed", ["lefever", "lefevvre", "lefvre", "Lefebvre", "lefefre", "camile lefevr"])
@pytest.mark.parametrize("name", LISTS)
def test_search_forgives_a_typo_and_says_so(
    signed_in: SignIn, officer: User, new_case: Any, case: Application, name: str, typed: str
) -> None:
    new_case(last_name="Diallo")
    page = listed(signed_in(officer), name, typed)
    assert "Lefèvre" in page
    assert "Diallo" not in page
    assert f"No name or reference holds “{typed}”" in page


def test_what_is_spelled_right_is_found_alone(
    signed_in: SignIn, officer: User, new_case: Any, case: Application
) -> None:
    new_case(last_name="Lefevren")
    page = listed(signed_in(officer), "decisions:case-queue", "lefevren")
    assert "Lefevren" in page
    assert "Lefèvre" not in page
    assert "No name or reference holds" not in page


@pytest.mark.parametrize("name", LISTS)
def test_nobody_of_another_branch_is_close(signed_in: SignIn, stranger: User, case: Application, name: str) -> None:
    assert "Lefèvre" not in listed(signed_in(stranger), name, "lefever")


@pytest.mark.parametrize(
    "typed", ["le", "l", "'", "%", "_", "\\", "le%", "\u202e", "a\x00b", "\x00", "1; --", "ab" * 200]
)
@pytest.mark.parametrize("name", LISTS)
def test_any_text_may_be_searched(signed_in: SignIn, officer: User, case: Application, name: str, typed: str) -> None:
    listed(signed_in(officer), name, typed)


def test_two_letters_are_the_beginning_of_a_name(signed_in: SignIn, officer: User, case: Application) -> None:
    assert "Lefèvre" in listed(signed_in(officer), "decisions:case-queue", "lé")
    assert "Lefèvre" not in listed(signed_in(officer), "decisions:case-queue", "vr")
