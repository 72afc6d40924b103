"""The pages an officer keeps open, without network and server around them."""

from django.test import Client

from accounts.models import User
from applications.models import Application
from benchmarks.timing import show


def measure() -> None:
    client = Client()
    officer = User.objects.get(username="officer")
    client.force_login(officer)
    case = Application.objects.filter(branch=officer.branch, status="explained").earliest("id")
    for what, path in {
        "home": "/",
        "queue": "/queue/",
        "case page": f"/cases/{case.id}/",
        "decisions": "/decisions/",
        "new application": "/applications/new/",
    }.items():
        show(f"page: {what}", lambda path=path: _get(client, path))


def _get(client: Client, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path} answered {answer.status_code}")
