"""An export is asked for, recorded, kept encrypted, given to auditors alone, and gone in time."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from common import jobs
from common.errors import InvalidInput, NotAllowed
from common.models import Job, JobState, LedgerEvent
from decisions.audit.models import ExportState
from decisions.audit.services import EXPORT_JOB, export_create, export_write, exports_keep
from decisions.models import Decision, DecisionExport
from tests.integration.pages.audit_exports.conftest import made, taken

SignIn = Callable[[User], Client]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_store", "export_store")]


def test_page_asks_shows_progress_and_gives_the_files(
    decided: list[Decision], auditor: User, signed_in: SignIn, is_strict: Any
) -> None:
    client = signed_in(auditor)
    address = f"{reverse('decisions:export-new')}?outcome=decline"
    is_strict(client.get(address))
    response = client.post(address, {"formats": ["csv", "json"]}, follow=True)
    export = DecisionExport.objects.get()
    assert "Being written" in response.content.decode()
    is_strict(response)
    seen = f"{reverse('decisions:export-detail', args=[export.id])}?part=progress&seen=waiting-0-False"
    assert client.get(seen).status_code == 204
    assert jobs.run(Job.objects.get(kind=EXPORT_JOB).id) == JobState.DONE
    page = client.get(seen)
    assert "Download CSV" in page.content.decode()
    assert "Download XLSX" not in page.content.decode()
    assert "Signed manifest" in page.content.decode()
    is_strict(client.get(reverse("decisions:export-list")))


def test_asking_for_no_file_is_said(auditor: User, signed_in: SignIn) -> None:
    response = signed_in(auditor).post(reverse("decisions:export-new"), {"formats": []})
    assert response.status_code == 422
    assert "Choose at least one kind of file." in response.content.decode()
    wrong = signed_in(auditor).post(reverse("decisions:export-new"), {"formats": ["exe"]})
    assert wrong.status_code == 422
    assert not DecisionExport.objects.exists()


def test_everything_is_an_event(decided: list[Decision], auditor: User, signed_in: SignIn) -> None:
    export, client = made(auditor, ["csv"], outcome="decline"), signed_in(auditor)
    taken(client, export)
    client.post(reverse("decisions:export-delete", args=[export.id]))
    events = LedgerEvent.objects.filter(subject_id=export.id).order_by("id")
    names = [*("export.requested", "export.written"), *["export.downloaded"] * 2, "export.deleted"]
    assert [event.action for event in events] == names
    assert events[0].facts == {"filters": {"outcome": "decline"}, "formats": ["csv"]}
    assert events[1].facts["files"] == {file["name"]: file["sha256"] for file in export.files}
    assert events[2].facts == {"file": export.files[0]["name"], "sha256": export.files[0]["sha256"]}


def test_files_are_encrypted_where_they_lie_and_gone_when_deleted(
    decided: list[Decision],
    auditor: User,
    signed_in: SignIn,
    export_store: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    export, client = made(auditor, ["csv"]), signed_in(auditor)
    stored = [path.read_bytes() for path in export_store.rglob("*") if path.is_file()]
    assert len(stored) == 2
    assert not any(b"decision_id" in content for content in stored)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("decisions:export-delete", args=[export.id]))
    assert not [path for path in export_store.rglob("*") if path.is_file()]
    name = export.files[0]["name"]
    assert client.post(reverse("decisions:export-file", args=[export.id, name])).status_code == 404
    page = client.get(reverse("decisions:export-detail", args=[export.id])).content.decode()
    assert "gone for good" in page


def test_altered_file_is_not_given(
    decided: list[Decision], auditor: User, signed_in: SignIn, export_store: Path
) -> None:
    export = made(auditor, ["csv"])
    path = export_store / export.files[0]["place"]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    response = signed_in(auditor).post(reverse("decisions:export-file", args=[export.id, export.files[0]["name"]]))
    with pytest.raises(Exception, match="altered"):
        b"".join(response.streaming_content)


def test_missing_file_is_said(decided: list[Decision], auditor: User, signed_in: SignIn) -> None:
    export = made(auditor, ["csv"])
    storages["exports"].delete(export.files[0]["place"])
    response = signed_in(auditor).post(reverse("decisions:export-file", args=[export.id, export.files[0]["name"]]))
    assert response.status_code == 503
    assert "Ask for the export again" in response.content.decode()
    assert not LedgerEvent.objects.filter(action="export.downloaded").exists()


def test_time_ends_what_is_kept_long_enough(decided: list[Decision], auditor: User) -> None:
    over, kept = made(auditor, ["csv"]), made(auditor, ["csv"])
    DecisionExport.objects.filter(id=over.id).update(keep_until=timezone.now() - timedelta(seconds=1))
    assert (exports_keep(), exports_keep()) == (1, 0)
    states = dict(DecisionExport.objects.values_list("id", "state"))
    assert states == {over.id: ExportState.DELETED, kept.id: ExportState.READY}


def test_a_second_worker_changes_nothing(decided: list[Decision], auditor: User) -> None:
    export = made(auditor, ["csv"])
    export_write(export_id=export.id, tell=lambda _percent: None)
    before = export.files
    export.refresh_from_db()
    assert export.files == before


def test_who_is_no_auditor_any_more_gets_nothing_and_it_is_said(
    decided: list[Decision], auditor: User, signed_in: SignIn
) -> None:
    export = export_create(user=auditor, filters={}, formats=["csv"], language="en")
    type(auditor).objects.filter(id=auditor.id).update(is_active=False)
    assert jobs.run(Job.objects.get(kind=EXPORT_JOB).id) == JobState.FAILED
    type(auditor).objects.filter(id=auditor.id).update(is_active=True)
    client, address = signed_in(auditor), reverse("decisions:export-detail", args=[export.id])
    assert "The files could not be written" in client.get(address).content.decode()
    client.post(reverse("decisions:export-retry", args=[export.id]))
    assert jobs.run(Job.objects.get(kind=EXPORT_JOB).id) == JobState.DONE
    assert "Download CSV" in client.get(address).content.decode()


def test_a_name_is_not_exported(auditor: User, signed_in: SignIn) -> None:
    with pytest.raises(InvalidInput):
        export_create(user=auditor, filters={"q": "Lefevre"}, formats=["csv"], language="en")
    response = signed_in(auditor).post(f"{reverse('decisions:export-new')}?q=Lefevre", {"formats": ["csv"]})
    assert response.status_code == 302
    assert not DecisionExport.objects.exists()


@pytest.mark.parametrize("role", ["officer", "senior", "risk", "administrator"])
def test_closed_to_the_others(role: str, request: Any, auditor: User, signed_in: SignIn) -> None:
    export, user = made(auditor, ["csv"]), request.getfixturevalue(role)
    client = signed_in(user)
    address = reverse("decisions:export-file", args=[export.id, export.files[0]["name"]])
    assert client.post(address).status_code == 403
    assert client.get(reverse("decisions:export-detail", args=[export.id])).status_code == 403
    assert client.post(reverse("decisions:export-new"), {"formats": ["csv"]}).status_code == 403
    with pytest.raises(NotAllowed):
        export_create(user=user, filters={}, formats=["csv"], language="en")
