"""Whatever is changed in a document of evidence or a manifest, the verifier says so first, and never breaks."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from accounts.models import User
from applications.models import Application
from common.canonical import canonical_json
from common.ledger import checkpoints
from common.ledger.sealing import seal_all
from decisions.audit.forms import Part
from decisions.audit.manifest import manifest_of
from decisions.audit.services import export_create
from decisions.evidence.services import evidence_issue
from decisions.models import Decision
from ml.keys import public_pem
from tests.file_attacks import MALFORMED, changes, said_twice, verdict
from tests.integration.pages.test_audit_search import decline

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_store")]
Judge = Callable[[bytes], tuple[int, str]]
Issue = Callable[[], bytes]
CLEAN = (0, "Nothing was altered.")
KINDS = ("signature_wrong: ", "unsigned_part: ", "format_unknown: ", "unreadable: ")
ROWS = b"decision_id\n"


@pytest.fixture(params=["evidence", "manifest"])
def issue(request: pytest.FixtureRequest, case: Application, officer: User, auditor: User, tmp_path: Path) -> Issue:
    """A document of this kind, as whoever asked for it gets it."""
    decision = decline(case, officer)
    seal_all()
    (tmp_path / "decisions.csv").write_bytes(ROWS)
    return {"evidence": lambda: evidence(decision, auditor), "manifest": lambda: manifest(auditor)}[request.param]


def evidence(decision: Decision, auditor: User) -> bytes:
    found = canonical_json(evidence_issue(decision=decision, actor=auditor.actor))
    seal_all()  # the reading is an act of the next document
    return found


def manifest(auditor: User) -> bytes:
    export = export_create(user=auditor, filters={"outcome": "decline"}, formats=["csv"], language="en")
    sha256 = hashlib.sha256(ROWS).hexdigest()
    file = {"name": "decisions.csv", "media_type": "text/csv", "bytes": len(ROWS), "rows": 0, "sha256": sha256}
    return manifest_of(export, [Part("outcome", "Outcome", "decline")], [file], 0)


@pytest.fixture
def judge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Judge:
    path, key = tmp_path / "document.json", tmp_path / "key.pem"
    key.write_bytes(public_pem(checkpoints.public_key()))

    def judged(text: bytes) -> tuple[int, str]:
        path.write_bytes(text)
        return verdict(path, key, capsys)

    return judged


def test_every_field_at_any_depth(issue: Issue, judge: Judge) -> None:
    text = issue()
    assert judge(text) == CLEAN
    given = [(what, json.dumps(changed).encode()) for what, changed in changes(json.loads(text))]
    given += said_twice(text)
    missed = [(what, *said) for what, raw in given if not is_named(said := judge(raw))]
    print(f"{len(given)} changes")
    assert missed == []


def is_named(said: tuple[int, str]) -> bool:
    code, first = said
    return code == 1 and first.startswith(KINDS)


def test_what_is_no_document(issue: Issue, judge: Judge) -> None:
    text = issue()
    for raw in (b"", b"\n", text[:-20], text * 2, b"\xef\xbb\xbf" + text, *MALFORMED.values()):
        assert is_named(judge(raw)), raw[:60]


def test_malformed_part_of_a_document(issue: Issue, judge: Judge) -> None:
    document = json.loads(issue())
    for what, raw in MALFORMED.items():
        for name in document:
            kept = {key: value for key, value in document.items() if key != name}
            given = json.dumps(kept).encode()[:-1] + b', "%s": %s}' % (name.encode(), raw)
            assert is_named(judge(given)), (what, name)


def test_signature_is_spelled_in_one_way(issue: Issue, judge: Judge) -> None:
    document = json.loads(issue())
    whole = document["signature"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    beside = alphabet[alphabet.index(whole[-3]) ^ 1]  # the last bits stand for nothing
    for other in (whole[:-3] + beside + "==", whole + "=", whole[:-1], f" {whole}", f"{whole}\n", whole[:40] + "é", ""):
        assert is_named(judge(json.dumps(document | {"signature": other}).encode())), other


def test_twenty_clean_ones_pass(issue: Issue, judge: Judge) -> None:
    assert [judge(issue()) for _number in range(20)] == [CLEAN] * 20


def test_file_beside_a_manifest_that_cannot_be_read(auditor: User, judge: Judge, tmp_path: Path) -> None:
    text = manifest(auditor)
    (tmp_path / "decisions.csv").mkdir()
    assert judge(text) == (1, "missing: decisions.csv: The file does not lie beside the manifest.")
    long = json.loads(text)
    long["content"]["files"][0]["name"] = "x" * 5_000
    assert is_named(judge(json.dumps(long).encode()))
