"""The files of an export: right, harmless to a spreadsheet, proved by the manifest."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from applications.models import Application
from common.ledger import checkpoints
from common.proof.__main__ import main as prove
from common.proof.exports import verify_export
from decisions.audit.columns import COLUMNS
from decisions.audit.models import ExportState
from decisions.audit.services import export_create, export_write
from decisions.audit.writers import harmless, writers_for
from decisions.models import Decision
from ml.keys import public_pem
from tests.integration.pages.audit_exports.conftest import EVERY, made, taken
from tests.integration.pages.test_audit_search import decline

SignIn = Callable[[User], Client]
NewCase = Callable[..., Application]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_store", "export_store")]


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
    first = decided[0]
    assert objects[0]["application_id"] == rows[0]["application_id"] == str(first.application_id)
    assert objects[0]["external_id"] == first.application.external_id
    assert (objects[0]["decided_by_id"], objects[0]["confirmed_by_id"]) == (str(first.decided_by_id), None)
    assert objects[2]["confirmed_by_id"] == str(decided[2].confirmed_by_id)
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
