"""The first administrator, the life of a key, and one door for everybody."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import ApiKey, User
from common.models import LedgerEvent
from tests.factories.accounts import BranchFactory, UserFactory

pytestmark = pytest.mark.django_db


def printed(capsys):
    return dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())


def test_first_administrator_can_sign_in(client, capsys):
    call_command("admin_create", "root")
    said = printed(capsys)
    user = User.objects.get(username=said["administrator"])
    assert (user.role, user.is_staff) == (Role.ADMINISTRATOR, True)
    assert user.check_password(said["password"])
    assert LedgerEvent.objects.filter(action="user.created", subject_id=user.id).exists()
    with pytest.raises(CommandError):
        call_command("admin_create", "root")


def test_key_works_until_it_is_revoked(client, capsys):
    branch = BranchFactory()
    call_command("api_key_create", "Partner", branch=branch.code, scopes=[Scope.APPLICATIONS_READ])
    text = printed(capsys)["key"]
    headers = {"authorization": f"Api-Key {text}"}
    assert client.get("/api/v1/applications", headers=headers).status_code == 200
    call_command("api_key_revoke", text.split(".")[0])
    assert client.get("/api/v1/applications", headers=headers).status_code == 401
    assert LedgerEvent.objects.filter(action__startswith="api_key.").count() == 2


def test_key_of_the_command_ends_and_keeps_to_its_networks_and_rate(capsys):
    rest = {"branch": BranchFactory().code, "scopes": [Scope.APPLICATIONS_READ]}
    call_command("api_key_create", "Partner", **rest)
    call_command("api_key_create", "Partner", "--networks", "10.0.0.0/8", "--rate", "7", "--expires-days", "2", **rest)
    usual, narrow = ApiKey.objects.order_by("id")
    assert (usual.expires_at - timezone.now()).days == 364
    assert (narrow.expires_at - timezone.now()).days == 1
    assert (narrow.networks, narrow.requests_per_minute) == (["10.0.0.0/8"], 7)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("Partner", ["--expires-days", "0"]),
        ("Partner", ["--rate", "-1"]),
        ("", []),
        ("Partner", ["--networks", "home"]),
    ],
)
def test_key_of_the_command_is_refused_in_a_sentence(name, options):
    branch = BranchFactory().code
    with pytest.raises(CommandError):
        call_command("api_key_create", name, *options, branch=branch, scopes=[Scope.APPLICATIONS_READ])
    assert not ApiKey.objects.exists()


def test_key_never_acts_for_somebody_who_may_not_decide():
    auditor = UserFactory(role=Role.AUDITOR, branch=None)
    branch = BranchFactory()
    for name in (auditor.username, "nobody"):
        with pytest.raises(CommandError):
            call_command("api_key_create", "X", branch=branch.code, scopes=[Scope.SCORES_READ], acts_for=name)
    assert not ApiKey.objects.exists()


def test_admin_sends_strangers_to_the_one_login(client):
    answer = client.get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/login/")
