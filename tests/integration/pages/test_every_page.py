"""Each page opens for each role that may read it, in both languages, without inline script or style."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from applications.models import Application

OPEN_TO = {
    "decisions:home": ("officer", "senior", "auditor", "risk", "administrator"),
    "decisions:case-queue": ("officer", "senior"),
    "applications:application-list": ("officer", "senior", "auditor"),
    "applications:applicant-list": ("officer", "senior", "auditor"),
    "applications:application-new": ("officer", "senior"),
    "applications:application-from-file": ("officer", "senior"),
    "applications:draft-list": ("officer", "senior"),
    "decisions:review-list": ("senior",),
    "decisions:senior-desk": ("senior",),
    "decisions:contest-list": ("officer", "senior", "auditor"),
    "scoring:batch-list": ("risk",),
    "scoring:batch-new": ("risk",),
    "decisions:override-statistics": ("auditor",),
    "decisions:question-list": ("auditor",),
    "decisions:question-new": ("auditor",),
    "decisions:export-list": ("auditor",),
    "decisions:export-new": ("auditor",),
    "integrations:webhook-list": ("administrator",),
    "integrations:webhook-new": ("administrator",),
    "decisions:decision-list": ("officer", "senior", "auditor"),
}
ROLES = ("officer", "senior", "auditor", "risk", "administrator")
CASE_PAGES = ("decisions:case-detail", "applications:application-detail")

SignIn = Callable[[User], Client]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(("page", "role"), [(page, role) for page, roles in OPEN_TO.items() for role in roles])
def test_page_opens(page: str, role: str, language: str, request: Any, signed_in: SignIn, is_strict: Any) -> None:
    user = request.getfixturevalue(role)
    request.getfixturevalue("case")
    type(user).objects.filter(pk=user.pk).update(language=language)
    response = signed_in(user).get(reverse(page))
    assert response.status_code == 200
    assert f'<html lang="{language}"' in response.content.decode()
    is_strict(response)


@pytest.mark.parametrize("page", OPEN_TO)
@pytest.mark.parametrize("role", ROLES)
def test_page_is_closed_to_the_others_and_says_who_may(
    page: str, role: str, request: Any, signed_in: SignIn, is_strict: Any
) -> None:
    if role in OPEN_TO[page]:
        return
    response = signed_in(request.getfixturevalue(role)).get(reverse(page))
    assert response.status_code == 403
    who = request.getfixturevalue(OPEN_TO[page][-1]).get_role_display()
    assert who in response.content.decode().partition("<main")[2]
    is_strict(response)


@pytest.mark.parametrize("page", OPEN_TO)
def test_visitor_is_sent_to_sign_in(page: str, db: None) -> None:
    response = Client().get(reverse(page))
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("role", ["officer", "senior", "auditor"])
@pytest.mark.parametrize("page", CASE_PAGES)
def test_case_opens(page: str, role: str, request: Any, signed_in: SignIn, case: Application, is_strict: Any) -> None:
    response = signed_in(request.getfixturevalue(role)).get(reverse(page, args=[case.id]))
    assert response.status_code == 200
    is_strict(response)


@pytest.mark.parametrize("page", CASE_PAGES)
def test_another_branchs_case_is_unknown(page: str, signed_in: SignIn, case: Application, stranger: User) -> None:
    assert signed_in(stranger).get(reverse(page, args=[case.id])).status_code == 404


def test_applicant_page_shows_the_persons_applications(
    signed_in: SignIn, officer: User, case: Application, is_strict: Any
) -> None:
    response = signed_in(officer).get(reverse("applications:applicant-detail", args=[case.applicant_id]))
    assert case.reference in response.content.decode()
    is_strict(response)


def test_sign_in_page_opens_and_refuses_a_wrong_password(officer: User, is_strict: Any) -> None:
    client = Client()
    is_strict(client.get(reverse("account_login")))
    response = client.post(reverse("account_login"), {"login": officer.username, "password": "wrong"})
    assert "Nothing you typed was lost" in response.content.decode()


def test_language_is_remembered_on_the_account(signed_in: SignIn, officer: User) -> None:
    client = signed_in(officer)
    response = client.post(reverse("accounts:language-set"), {"language": "fr", "next": "/queue/"})
    assert response.headers["Location"] == "/queue/"
    officer.refresh_from_db()
    assert officer.language == "fr"


def test_language_never_leads_elsewhere(signed_in: SignIn, officer: User) -> None:
    data = {"language": "fr", "next": "https://elsewhere.example/"}
    response = signed_in(officer).post(reverse("accounts:language-set"), data)
    assert response.headers["Location"] == reverse("decisions:home")


@pytest.mark.parametrize("after", ["nonsense", "\x00", "01890000-0000-7000-8000-000000000000"])
def test_unknown_page_of_the_queue_is_a_clear_answer(signed_in: SignIn, officer: User, after: str) -> None:
    assert signed_in(officer).get(reverse("decisions:case-queue"), {"after": after}).status_code == 404
