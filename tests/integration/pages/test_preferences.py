"""Contrast, text size and keys are each person's own, and hold on every page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User

SignIn = Callable[[User], Client]
PREFERENCES = "accounts:preferences"


def opening_tag(response: Any) -> str:
    return str(response.content.decode().split("<html", 1)[1].split(">", 1)[0])


def test_what_is_chosen_holds_on_every_page_of_this_person_only(
    signed_in: SignIn, officer: User, senior: User, is_strict: Any
) -> None:
    client = signed_in(officer)
    page = client.get(reverse(PREFERENCES))
    is_strict(page)
    assert "data-shortcuts" in opening_tag(page)
    answer = client.post(reverse(PREFERENCES), {"contrast": "high", "text_size": "largest"})
    assert answer.status_code == 302
    for name in ("decisions:home", "decisions:case-queue", PREFERENCES, "accounts:keyboard-help"):
        tag = opening_tag(client.get(reverse(name)))
        assert "contrast-high text-largest" in tag
        assert "data-shortcuts" not in tag
    assert "contrast-normal text-normal" in opening_tag(signed_in(senior).get(reverse("decisions:home")))


@pytest.mark.parametrize("fields", [{"contrast": "<b>", "text_size": "large"}, {"contrast": "high"}, {}])
def test_what_is_no_choice_is_refused(signed_in: SignIn, officer: User, fields: dict[str, str]) -> None:
    client = signed_in(officer)
    answer = client.post(reverse(PREFERENCES), {"unknown": "1", **fields})
    assert answer.status_code == 422
    officer.refresh_from_db()
    assert officer.contrast == "normal"


def test_nobody_changes_more_than_the_display(signed_in: SignIn, officer: User) -> None:
    fields = {"contrast": "high", "text_size": "large", "role": "administrator", "is_superuser": "on"}
    signed_in(officer).post(reverse(PREFERENCES), fields)
    officer.refresh_from_db()
    assert (officer.role, officer.is_superuser) == ("officer", False)


def test_who_signs_in_again_reads_that_page_in_their_own_language(signed_in: SignIn, officer: User) -> None:
    officer.language = "fr"
    officer.save(update_fields=["language"])
    client = signed_in(officer)
    client.get(reverse("decisions:home"))
    client.session.flush()
    page = client.get(reverse("decisions:home"), follow=True, headers={"Accept-Language": "en"})
    assert 'lang="fr"' in opening_tag(page)


def test_language_just_chosen_is_not_taken_back_by_that_of_the_account(signed_in: SignIn, officer: User) -> None:
    client = signed_in(officer)
    client.post(reverse("accounts:language-set"), {"language": "fr"})
    assert client.cookies["django_language"].value == "fr"
    assert 'lang="fr"' in opening_tag(client.get(reverse("decisions:home")))
