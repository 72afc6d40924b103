"""Answers taken away as files: right, harmless to a spreadsheet, proved by the manifest, recorded, and gone in time."""

import csv
import io
import json
import re
import zipfile
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
from applications.models import Application
from common import jobs
from common.errors import InvalidInput, NotAllowed
from common.ledger import checkpoints
from common.models import Job, JobState, LedgerEvent
from common.proof.__main__ import main as prove
from common.proof.exports import verify_export
from decisions.audit.columns import COLUMNS
from decisions.audit.models import ExportState
from decisions.audit.services import EXPORT_JOB, export_create, export_write, exports_keep
from decisions.audit.writers import Format, harmless, writers_for
from decisions.models import Decision, DecisionExport
from decisions.tasks import write_export
from ml.keys import public_pem
from tests.integration.pages.test_audit_search import approve, decline, override

SignIn = Callable[[User], Client]
NewCase = Callable[..., Application]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_store", "export_store")]
EVERY = list(Format.values)
assert write_export  # registers what executes the job


@pytest.fixture
def export_store(settings: Any, tmp_path: Path) -> Path:
    backend = "django.core.files.storage.FileSystemStorage"
    location = tmp_path / "exports"
    settings.STORAGES = settings.STORAGES | {"exports": {"BACKEND": backend, "OPTIONS": {"location": str(location)}}}
    return location


@pytest.fixture
def decided(new_case: NewCase, officer: User, senior: User) -> list[Decision]:
    return [
        decline(new_case(), officer),
        approve(new_case(approvable=True), officer),
        override(new_case(), officer, senior),
    ]


def made(user: User, formats: list[str] | None = None, **filters: str) -> DecisionExport:
    export = export_create(user=user, filters=filters, formats=formats or EVERY, language="en")
    export_write(export_id=export.id, tell=lambda _percent: None)
    export.refresh_from_db()
    return export


def taken(client: Client, export: DecisionExport) -> dict[str, bytes]:
    """Every file as the browser gets it."""
    return {
        file["name"].rpartition(".")[0].partition("-")[0] + Path(file["name"]).suffix: b"".join(
            client.post(reverse("decisions:export-file", args=[export.id, file["name"]])).streaming_content
        )
        for file in export.files
    }


def test_files_say_the_same_and_the_manifest_proves_them(
    decided: list[Decision], auditor: User, signed_in: SignIn, tmp_path: Path
) -> None:
    export = made(auditor)
    files = taken(signed_in(auditor), export)
    rows = list(csv.DictReader(io.StringIO(files["decisions.csv"].decode("utf-8-sig"))))
    objects = json.loads(files["decisions.json"])
    assert [row["decision_id"] for row in rows] == [str(row.id) for row in decided]
    assert [row["decision_id"] for row in objects] == [str(row.id) for row in decided]
    assert list(rows[0]) == list(objects[0]) == list(COLUMNS)
    assert objects[0]["reason_codes"] == ["external_score"]
    assert objects[2]["override_direction"] == rows[2]["override_direction"] == "low_side"
    assert float(rows[0]["probability_of_default"]) == objects[0]["probability_of_default"] == 0.3
    assert str(decided[0].application.applicant.last_name) not in "".join(map(str, objects))
    assert "3" in re.findall(r'<row r="(\d)"', sheet(files["decisions.xlsx"]))

    folder, key = tmp_path / "taken", tmp_path / "key.pem"
    folder.mkdir()
    key.write_bytes(public_pem(checkpoints.public_key()))
    for file in export.files:
        kind = "manifest.json" if file["name"].startswith("manifest") else f"decisions{Path(file['name']).suffix}"
        (folder / file["name"]).write_bytes(files[kind])
    manifest = next(folder.glob("manifest-*.json"))
    content = json.loads(manifest.read_text())["content"]
    assert content["asked_by"] == {"id": str(auditor.id), "username": auditor.username}
    assert (content["rows"], content["filters"]) == (3, {})
    assert prove([str(manifest), "--key", str(key)]) == 0
    (folder / export.files[0]["name"]).write_bytes(b"decision_id\n")
    assert prove([str(manifest), "--key", str(key)]) == 1


def sheet(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return book.read("xl/worksheets/sheet1.xml").decode()


def test_manifest_that_was_altered_or_whose_file_is_missing_is_named(
    decided: list[Decision], auditor: User, signed_in: SignIn, tmp_path: Path
) -> None:
    text = taken(signed_in(auditor), made(auditor, ["csv"]))["manifest.json"]
    key = checkpoints.public_key()
    assert [doubt.kind for doubt in verify_export(text, key, tmp_path)] == ["missing"]
    other = text.replace(b'"rows":3', b'"rows":2')
    assert {doubt.kind for doubt in verify_export(other, key, tmp_path)} == {"missing", "signature_wrong"}
    assert [doubt.kind for doubt in verify_export(b'{"content": 5}', key, tmp_path)] != []


@pytest.mark.parametrize("text", ["=1+1", "+33 1", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_a_text_is_never_a_formula(text: str, tmp_path: Path) -> None:
    made_by = writers_for(EVERY, tmp_path, ["text", "number"], timezone.now(), "rows")
    for _kind, writer in made_by.values():
        writer.add([text, -1.5])
        writer.close()
    (_head, row) = csv.reader(io.StringIO((tmp_path / "rows.csv").read_bytes().decode("utf-8-sig"), newline=""))
    assert row == [f"'{text}", "-1.5"]
    xml = sheet((tmp_path / "rows.xlsx").read_bytes())
    assert "<f>" not in xml
    assert re.search(r'<c r="A2"[^>]*t="(inlineStr|s)"', xml)
    assert json.loads((tmp_path / "rows.json").read_text()) == [{"text": text, "number": -1.5}]


def test_harmless_text_stays_as_it_is() -> None:
    assert harmless("Lyon = Part-Dieu") == "Lyon = Part-Dieu"
    assert harmless("") == ""


def test_formula_in_a_branch_name_is_disarmed(
    decided: list[Decision], auditor: User, officer: User, signed_in: SignIn
) -> None:
    assert officer.branch is not None
    type(officer.branch).objects.filter(id=officer.branch_id).update(name="=HYPERLINK(1)")
    text = taken(signed_in(auditor), made(auditor, ["csv"]))["decisions.csv"].decode("utf-8-sig")
    assert {row["branch"] for row in csv.DictReader(io.StringIO(text))} == {"'=HYPERLINK(1)"}


def test_question_narrows_and_later_decisions_stay_out(
    decided: list[Decision], auditor: User, officer: User, new_case: NewCase
) -> None:
    export = export_create(user=auditor, filters={"outcome": "decline"}, formats=["csv"], language="en")
    decline(new_case(), officer)
    export_write(export_id=export.id, tell=lambda _percent: None)
    export.refresh_from_db()
    assert (export.rows, export.state) == (1, ExportState.READY)


def test_empty_answer_is_three_whole_files(auditor: User, signed_in: SignIn) -> None:
    files = taken(signed_in(auditor), made(auditor, stage="contest"))
    assert json.loads(files["decisions.json"]) == []
    assert files["decisions.csv"].decode("utf-8-sig").strip() == ",".join(COLUMNS)
    assert sheet(files["decisions.xlsx"])


def test_parts_are_joined_without_loss(
    decided: list[Decision], auditor: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("decisions.audit.columns.in_parts.__defaults__", (2,))
    monkeypatch.setattr("decisions.audit.writers.SHEET_ROWS", 2)
    files = taken(signed_in(auditor), made(auditor))
    assert len(json.loads(files["decisions.json"])) == 3
    with zipfile.ZipFile(io.BytesIO(files["decisions.xlsx"])) as book:
        assert "xl/worksheets/sheet2.xml" in book.namelist()


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
