"""The administration keeps people and branches; records are looked at and never touched."""

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.enums import Role
from accounts.models import Branch, User
from applications.models import Application
from common.append_only import AppendOnlyModel
from common.models import LedgerEvent
from tests.factories.accounts import UserFactory


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
    password = "quite-a-long-one-93"
    data = {"username": "nouvelle", "first_name": "Nour", "last_name": "Velle", "role": Role.SENIOR}
    data |= {"branch": str(branch.pk), "password1": password, "password2": password, "usable_password": "true"}
    response = client_of_admin.post(reverse("admin:accounts_user_add"), data)
    assert response.status_code == 302
    user = User.objects.get(username="nouvelle")
    assert not user.is_staff
    assert LedgerEvent.objects.filter(action="user.created", subject_id=user.pk).exists()


def test_officer_is_kept_out(officer: User) -> None:
    client = Client()
    client.force_login(officer)
    assert client.get(reverse("admin:index")).status_code == 302


def test_only_the_admin_may_evaluate_scripts(client_of_admin: Client) -> None:
    assert "unsafe-eval" in client_of_admin.get(reverse("admin:index")).headers["Content-Security-Policy"]
    assert "unsafe" not in client_of_admin.get(reverse("decisions:home")).headers["Content-Security-Policy"]
