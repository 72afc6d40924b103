"""The evidence proves itself with the public key alone; whatever is changed in it is named."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from django.urls import reverse

from accounts.models import User
from applications.models import Application
from common.ledger import checkpoints
from common.ledger.export import VERIFIER, export
from common.ledger.sealing import seal_all
from common.models import LedgerEvent
from common.proof.evidence import sign_evidence, verify_evidence
from decisions.evidence.services import evidence_issue
from decisions.models import Decision
from decisions.services import DecisionInput, decision_create
from ml.keys import public_pem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_store")]
SignIn = Callable[[User], Client]
CHANGES: list[tuple[str, Callable[[dict[str, Any]], Any], str]] = [
    ("margin", lambda c: _of(c, "scoring.score")["values"].update(raw_margin=0.4), "scoring.score"),
    ("feature", lambda c: _of(c, "scoring.score")["values"]["features"].update(AMT_CREDIT=1), "scoring.score"),
    ("policy", lambda c: _of(c, "scoring.policy")["values"].update(cutoff=0.5), "scoring.policy"),
    ("file", lambda c: _of(c, "applications.creditfile")["values"].update(sha256="0" * 64), "applications.creditfile"),
    ("base", lambda c: _of(c, "explanations.explanation")["values"].update(base_value=0), "explanations.explanation"),
    ("outcome", lambda c: _of(c, "decisions.decision")["values"].update(outcome="approve"), "decisions.decision"),
    ("event", lambda c: _of(c, "common.ledgerevent")["values"].update(action="other"), "common.ledgerevent"),
    ("act", lambda c: c["acts"][0].update(action="other"), "act "),
    ("model", lambda c: c["model"].update(bundle_checksum="0" * 64), "model"),
    ("block", lambda c: c["blocks"][0]["block"].update(merkle_root="0" * 64), "block "),
    ("checkpoint", lambda c: c["blocks"][0]["checkpoint"]["checkpoint"].update(written_at="x"), "block "),
    ("left out", lambda c: c["records"].remove(_of(c, "scoring.score")), "score"),
]


def _of(content: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(record for record in content["records"] if record["record_type"] == kind)
    return found


@pytest.fixture
def decision(case: Application, officer: User) -> Decision:
    data = DecisionInput(score_id=case.scores.latest("id").id, outcome="decline", reason_codes=["external_score"])
    made = decision_create(application=case, data=data, user=officer)
    assert isinstance(made, Decision)
    seal_all()
    return made


def issued(decision: Decision, user: User) -> dict[str, Any]:
    return json.loads(json.dumps(evidence_issue(decision=decision, actor=user.actor)))


def test_evidence_is_proved_and_names_nobody(decision: Decision, auditor: User) -> None:
    document = issued(decision, auditor)
    text = json.dumps(document)
    assert verify_evidence(text.encode(), checkpoints.public_key()) == []
    person = decision.application.applicant
    assert person.last_name not in text
    assert str(decision.decided_by) not in text
    kinds = {record["record_type"] for record in document["content"]["records"]}
    assert {"scoring.score", "scoring.policy", "applications.creditfile", "explanations.explanation"} <= kinds


@pytest.mark.parametrize(("change", "part"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_what_is_changed_is_named(decision: Decision, auditor: User, change: Any, part: str) -> None:
    document = issued(decision, auditor)
    change(document["content"])
    doubts = verify_evidence(json.dumps(document).encode(), checkpoints.public_key())
    assert doubts[0].kind == "signature_wrong"
    assert any(doubt.part.startswith(part) for doubt in doubts[1:]), doubts


def test_what_no_signature_covers_is_named(decision: Decision, auditor: User) -> None:
    document, key = issued(decision, auditor), checkpoints.public_key()
    more = json.dumps(document | {"note": "The probability was 2 %."}).encode()
    assert [doubt.kind for doubt in verify_evidence(more, key)] == ["unsigned_part"]
    twice = '{"content": {"lie": 1}, ' + json.dumps(document)[1:]
    assert [doubt.kind for doubt in verify_evidence(twice.encode(), key)] == ["unreadable"]
    deep = json.dumps(document)[:-1] + ', "more": ' + "[" * 100_000 + "}"
    assert [doubt.kind for doubt in verify_evidence(deep.encode(), key)] == ["unreadable"]


def test_a_forger_with_a_key_of_his_own_is_found(decision: Decision, auditor: User) -> None:
    forged = sign_evidence(issued(decision, auditor)["content"], Ed25519PrivateKey.generate())
    doubts = verify_evidence(json.dumps(forged).encode(), checkpoints.public_key())
    assert [doubt.kind for doubt in doubts] == ["signature_wrong"]


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"content": {"format": "other/1"}}', b"\xff"])
def test_what_is_no_evidence_is_refused_in_words(text: bytes) -> None:
    assert [doubt.part for doubt in verify_evidence(text, checkpoints.public_key())] == ["document"]


def test_the_verifier_alone_proves_it(decision: Decision, auditor: User, signed_in: SignIn, tmp_path: Path) -> None:
    answer = signed_in(auditor).post(reverse("decisions:evidence-download", args=[decision.id]))
    assert "attachment" in answer["Content-Disposition"]
    export(tmp_path / "export")
    file, key = tmp_path / "evidence.json", tmp_path / "key.pem"
    file.write_bytes(answer.content)
    key.write_bytes(public_pem(checkpoints.public_key()))
    command = [sys.executable, "-I", str(tmp_path / "export" / VERIFIER), str(file), "--key", str(key)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "Nothing was altered.\n"), done
    file.write_bytes(answer.content.replace(b'"outcome":"decline"', b'"outcome":"approve"'))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "altered: decisions.decision" in done.stdout


def test_each_read_is_an_act(decision: Decision, auditor: User, signed_in: SignIn, is_strict: Any) -> None:
    client = signed_in(auditor)
    answer = client.get(reverse("decisions:evidence-detail", args=[decision.id]))
    assert answer.status_code == 200
    is_strict(answer)
    assert decision.score.credit_file.sha256 in answer.content.decode()
    client.post(reverse("decisions:evidence-download", args=[decision.id]))
    again = client.post(reverse("decisions:decision-replay", args=[decision.id])).content.decode()
    assert "Cannot be replayed" in again  # the factory's model has no bundle
    actions = LedgerEvent.objects.filter(subject_id=decision.id, actor_id=auditor.id).values_list("action", flat=True)
    assert {"evidence.read", "evidence.issued", "decision.replayed"} <= set(actions)


def test_what_is_not_sealed_yet_is_said(decision: Decision, auditor: User) -> None:
    evidence_issue(decision=decision, actor=auditor.actor)
    doubts = verify_evidence(json.dumps(issued(decision, auditor)).encode(), checkpoints.public_key())
    assert [doubt.kind for doubt in doubts] == ["unsealed"]
