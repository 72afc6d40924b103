"""Whatever is done to the records or the ledger, past the portal, verification names it."""

import random
import subprocess
import sys
import uuid

import pytest
from django.core.management import CommandError, call_command

from common.ledger import checkpoints
from common.ledger.export import VERIFIER, export
from common.ledger.sealing import seal
from common.ledger.verification import verify
from common.models import LedgerEvent
from common.proof.__main__ import main as prove
from tests.ledger_attacks import ATTACKS, BLOCKS, EVENTS, happen, past_the_portal, sealed_history

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_store")]


@pytest.fixture
def history() -> list[LedgerEvent]:
    return sealed_history()


def kinds() -> set[str]:
    return {finding.kind for finding in verify().findings}


def test_untouched_ledger_has_nothing_to_say(history):
    found = verify()
    assert (found.blocks, found.records, found.waiting, found.findings) == (BLOCKS, BLOCKS * EVENTS, 0, [])


def test_what_waits_is_proved_too(history):
    event = happen(99)
    assert verify().waiting == 1
    assert kinds() == set()
    past_the_portal("UPDATE common_ledgerevent SET action = 'other' WHERE id = %s", event.id)
    assert kinds() == {"altered"}


@pytest.mark.parametrize("column", sorted(field.attname for field in LedgerEvent._meta.concrete_fields))
def test_update_of_any_column_is_found(history, column):
    other = {
        "id": uuid.uuid4(),
        "subject_id": uuid.uuid4(),
        "actor_id": uuid.uuid4(),
        "facts": '{"number": 7}',
        "occurred_at": "2001-01-01T00:00:00Z",
        "created_at": "2001-01-01T00:00:00Z",
    }
    statement = f"UPDATE common_ledgerevent SET {column} = %s WHERE id = %s"  # noqa: S608
    past_the_portal(statement, other.get(column, "other"), history[7].id)
    findings = verify().findings
    assert findings
    assert (findings[0].block, findings[0].position) == (2, 2)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
@pytest.mark.parametrize("seed", range(3))
def test_attack_is_named(history, attack, seed):
    expected = attack(random.Random(seed).choice(history))
    assert expected in kinds()


def test_checkpoint_signed_by_somebody_else_is_found(history, ledger_store):
    path = sorted(ledger_store.rglob("*.json"))[1]
    path.write_bytes(path.read_bytes().replace(b'"number":2', b'"number":1'))
    assert kinds() == {"checkpoint_forged"}


def test_sealing_stops_on_another_history(history, ledger_store):
    """A database set back to an earlier state would sign a second block of the same number."""
    path = sorted(ledger_store.rglob("*.json"))[-1]
    ahead = path.with_name(f"{BLOCKS + 1:012d}.json")
    ahead.write_bytes(path.read_bytes())
    happen(1)
    with pytest.raises(checkpoints.LedgerForked):
        seal()


def test_lost_checkpoint_of_the_head_is_written_again(history, ledger_store):
    path = sorted(ledger_store.rglob("*.json"))[-1]
    path.unlink()
    assert kinds() == {"unsigned"}
    seal()
    assert kinds() == set()


def test_block_is_signed_though_its_sealer_met_another(history, ledger_store, monkeypatch):
    """The other one holds the lock from after the commit until it has signed what it finds."""
    happen(1)
    with monkeypatch.context() as at_work:
        locked = iter([True, False])
        at_work.setattr("common.ledger.sealing._lock", lambda: next(locked))
        seal()
    assert kinds() == {"unsigned"}
    seal()
    assert kinds() == set()


def test_export_is_proved_without_the_portal(history, ledger_store, tmp_path, capsys):
    folder = tmp_path / "export"
    assert export(folder) == BLOCKS * EVENTS
    key = str(folder / checkpoints.PUBLIC_NAME)
    assert prove([str(folder), "--key", key]) == 0
    lines = (folder / "ledger.jsonl").read_text().splitlines()
    lines[9] = lines[9].replace("test.happened", "test.other")
    (folder / "ledger.jsonl").write_text("\n".join(lines))
    assert prove([str(folder), "--key", key]) == 1
    assert "altered: block 2, entry 2" in capsys.readouterr().out


def test_export_into_a_folder_that_cannot_be_made_says_so(history, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match=r"not exported whole: .*Not a directory: .*file/export"):
        call_command("ledger", "export", str(tmp_path / "file" / "export"))


def test_export_has_a_verifier_of_its_own(history, tmp_path):
    folder = tmp_path / "export"
    export(folder)
    command = [
        sys.executable,
        "-I",
        str(folder / VERIFIER),
        str(folder),
        "--key",
        str(folder / checkpoints.PUBLIC_NAME),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "Nothing was altered.\n"), done.stderr
