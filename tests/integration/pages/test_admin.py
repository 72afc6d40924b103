"""The administration keeps people and branches; records are looked at and never touched."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.enums import Role
from accounts.models import Branch, User
from applications.models import Application
from common.append_only import AppendOnlyModel
from common.models import LedgerEvent
from tests.factories.accounts import UserFactory

PASSWORD = "quite-a-long-one-93"


@pytest.fixture(autouse=True)
def _strict() -> None:
    """The admin's own templates rely on undefined variables."""


@pytest.fixture
def client_of_admin(db: None) -> Client:
    client = Client()
    client.force_login(UserFactory(administrator=True, is_staff=True))
    return client


def test_every_record_is_read_only_in_the_admin(rf: RequestFactory, db: None) -> None:
    request = rf.get("/admin/")
    request.user = UserFactory(administrator=True, is_staff=True, is_superuser=True)
    for model, options in admin.site._registry.items():
        if issubclass(model, AppendOnlyModel):
            may = options.has_add_permission, options.has_change_permission, options.has_delete_permission
            assert not any(permission(request) for permission in may), model


@pytest.mark.parametrize("page", ["add", "delete"])
def test_record_is_neither_added_nor_deleted(client_of_admin: Client, case: Application, page: str) -> None:
    score = case.scores.get()
    arguments = [] if page == "add" else [score.pk]
    assert client_of_admin.get(reverse(f"admin:scoring_score_{page}", args=arguments)).status_code == 403


def test_record_is_shown_without_a_form(client_of_admin: Client, case: Application) -> None:
    score = case.scores.get()
    response = client_of_admin.get(reverse("admin:scoring_score_change", args=[score.pk]))
    assert response.status_code == 200
    assert client_of_admin.post(reverse("admin:scoring_score_change", args=[score.pk]), {}).status_code == 403


def test_new_user_leaves_an_event_and_a_role_gives_the_rights(client_of_admin: Client, branch: Branch) -> None:
    data = {"username": "nouvelle", "first_name": "Nour", "last_name": "Velle", "role": Role.SENIOR}
    data |= {"branch": str(branch.pk), "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    response = client_of_admin.post(reverse("admin:accounts_user_add"), data)
    assert response.status_code == 302
    user = User.objects.get(username="nouvelle")
    assert not user.is_staff
    assert LedgerEvent.objects.filter(action="user.created", subject_id=user.pk).exists()


def test_change_of_access_says_what_it_is_now(client_of_admin: Client, officer: User) -> None:
    data = {"username": officer.username, "first_name": "Zoé", "last_name": officer.last_name, "language": "fr"}
    data |= {"role": Role.SENIOR, "branch": str(officer.branch_id)}  # is_active is not ticked
    answer = client_of_admin.post(reverse("admin:accounts_user_change", args=[officer.pk]), data)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    facts = LedgerEvent.objects.get(action="user.changed", subject_id=officer.pk).facts
    assert (facts["role"], facts["is_active"]) == ("senior", False)
    assert set(facts["fields"]) >= {"role", "is_active", "first_name"}
    assert "Zoé" not in str(facts)


def test_password_that_is_reset_leaves_an_event_and_never_stands_in_it(client_of_admin: Client, officer: User) -> None:
    address = reverse("admin:auth_user_password_change", args=[officer.pk])
    new = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true", "set-password": "1"}
    assert client_of_admin.post(address, new | {"password2": "another"}).status_code == 200
    assert not LedgerEvent.objects.filter(subject_id=officer.pk).exists()
    assert client_of_admin.post(address, new).status_code == 302
    officer.refresh_from_db()
    assert officer.check_password(PASSWORD)
    (event,) = LedgerEvent.objects.filter(subject_id=officer.pk)
    assert (event.action, event.facts) == ("user.password_reset", {})
    assert event.actor_id != officer.pk


def test_own_password_and_second_factor_leave_events(
    officer: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    client, before = Client(), "before-it-was-changed-7"
    officer.set_password(before)
    officer.save()
    client.post(reverse("account_login"), {"login": officer.username, "password": before})
    new = {"oldpassword": before, "password1": PASSWORD, "password2": PASSWORD}
    assert client.post(reverse("account_change_password"), new).status_code == 302
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    code = auth.format_hotp_value(auth.hotp_value(secret, next(auth.yield_hotp_counters_from_time())))
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("mfa_activate_totp"), {"code": code}).status_code == 302
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    events = LedgerEvent.objects.filter(subject_id=officer.pk).order_by("occurred_at", "id")
    assert [(event.action, event.facts.get("type")) for event in events if event.actor_id == officer.pk] == [
        ("user.password_changed", None),
        ("user.second_factor_added", "totp"),
        ("user.second_factor_added", "recovery_codes"),
        ("user.second_factor_removed", "totp"),
        ("user.second_factor_removed", "recovery_codes"),
    ]


def test_officer_is_kept_out(officer: User) -> None:
    client = Client()
    client.force_login(officer)
    assert client.get(reverse("admin:index")).status_code == 302


def test_only_the_admin_may_evaluate_scripts(client_of_admin: Client) -> None:
    assert "unsafe-eval" in client_of_admin.get(reverse("admin:index")).headers["Content-Security-Policy"]
    assert "unsafe" not in client_of_admin.get(reverse("decisions:home")).headers["Content-Security-Policy"]
