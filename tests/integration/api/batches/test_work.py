"""The life of a batch: sent twice, cancelled, interrupted, given up, over."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from common.actors import SYSTEM
from common.models import Job, JobState, LedgerEvent
from scoring.batches import services
from scoring.batches.models import Batch, BatchChunk
from scoring.batches.services import batches_keep
from scoring.enums import BatchState
from scoring.services import model_version_promote
from tests.factories.batch_files import as_csv, frame
from tests.integration.api.batches.conftest import finished, rows, send, work
from tests.integration.api.conftest import problem_of

pytestmark = pytest.mark.django_db


def test_the_same_file_is_the_same_batch_until_the_model_changes(caller, champion):
    first = send(caller, as_csv(frame()))
    again = send(caller, as_csv(frame()))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    assert send(caller, as_csv(frame()), reasons="true").status_code == 201
    assert send(caller, as_csv(frame(31))).status_code == 201
    assert Batch.objects.count() == 3
    assert LedgerEvent.objects.filter(action="batch.received").count() == 3


def test_a_batch_stays_with_the_model_it_started_with(caller, champion):
    sent = send(caller, as_csv(frame(4))).json()
    type(champion).objects.filter(id=champion.id).update(state="retired")
    work()
    batch = caller.get(f"batches/{sent['id']}").json()
    assert (batch["state"], batch["model_version"]) == ("finished", champion.version)
    assert problem_of(send(caller, as_csv(frame(4))))["code"] == "model_missing"
    model_version_promote(version=champion, actor=SYSTEM)
    assert send(caller, as_csv(frame(4))).status_code == 200


def test_one_key_acts_once(caller):
    content = as_csv(frame())
    first = send(caller, content, key="k")
    assert send(caller, content, key="k").content == first.content
    other = send(caller, as_csv(frame(2)), key="k")
    assert problem_of(other)["code"] == "idempotency_key_reused"


def test_the_file_lies_encrypted_and_goes_when_its_time_is_over(caller, tmp_path):
    batch = finished(caller, as_csv(frame(4)))
    files = [path for path in (tmp_path / "batches").rglob("*") if path.is_file()]
    assert len(files) == 3
    assert not any(b"SK_ID_CURR" in path.read_bytes() or b"Cash loans" in path.read_bytes() for path in files)
    Batch.objects.update(keep_until=timezone.now() - timedelta(seconds=1))
    batches_keep()
    batches_keep()
    assert not Batch.objects.get().file_key.wrapped_key
    assert LedgerEvent.objects.filter(action="batch.expired").count() == 1
    response = caller.get(f"batches/{batch['id']}/results")
    assert (response.status_code, problem_of(response)["code"]) == (410, "batch_expired")


@pytest.mark.django_db(transaction=True)
def test_the_files_are_deleted_with_the_batch(caller, tmp_path):
    finished(caller, as_csv(frame(4)))
    Batch.objects.update(keep_until=timezone.now() - timedelta(seconds=1))
    batches_keep()
    assert storages["batches"].listdir("")[0] == []


def test_cancelled_batch_is_left_as_it_is(caller):
    sent = send(caller, as_csv(frame())).json()
    assert caller.post(f"batches/{sent['id']}/cancel").json()["state"] == "cancelled"
    assert caller.post(f"batches/{sent['id']}/cancel").json()["state"] == "cancelled"
    work()
    batch = caller.get(f"batches/{sent['id']}").json()
    assert (batch["state"], batch["rows_scored"]) == ("cancelled", 0)
    assert LedgerEvent.objects.filter(action="batch.cancelled").count() == 1
    done = finished(caller, as_csv(frame()))
    assert problem_of(caller.post(f"batches/{done['id']}/cancel"))["code"] == "batch_is_over"


def test_a_worker_killed_while_reading_or_scoring_costs_nothing(caller, monkeypatch):
    """What it wrote stays without a row that points to it; the next one does the work again, once."""
    monkeypatch.setattr(services, "CHUNK_ROWS", 8)
    whole = rows(caller, finished(caller, as_csv(frame())))
    sent = send(caller, as_csv(frame()), reasons="true").json()
    _die_at(monkeypatch, "write", call=3)
    with pytest.raises(KeyboardInterrupt):
        work()
    assert BatchChunk.objects.filter(batch_id=sent["id"]).count() == 2
    _lapse()
    _die_at(monkeypatch, "write", call=4)
    with pytest.raises(KeyboardInterrupt):
        work()
    _lapse()
    monkeypatch.undo()
    work()
    batch = caller.get(f"batches/{sent['id']}").json()
    assert (batch["state"], batch["rows_scored"]) == ("finished", 30)
    assert [row["probability_of_default"] for row in rows(caller, batch)] == [
        row["probability_of_default"] for row in whole
    ]
    assert LedgerEvent.objects.filter(action="batch.finished").count() == 2


def _die_at(monkeypatch, name, call):
    """As kill -9 leaves it: the file is written, nothing after."""
    real, calls = getattr(services.vault, name), []

    def write(batch, content):
        found = real(batch, content)
        calls.append(1)
        if len(calls) == call:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(services.vault, name, write)


def _lapse():
    Job.objects.filter(state=JobState.RUNNING).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_chunk_scored_twice_counts_once(caller):
    batch = finished(caller, as_csv(frame(5)))
    services.chunk_score(batch_id=uuid.UUID(batch["id"]), number=0)
    Batch.objects.update(state=BatchState.SCORING)
    services.chunk_score(batch_id=uuid.UUID(batch["id"]), number=0)
    assert Batch.objects.get().rows_scored == 5


def test_work_that_was_given_up_fails_the_batch(caller):
    sent = send(caller, as_csv(frame(5))).json()
    Job.objects.filter(kind=services.READ_JOB).update(state=JobState.FAILED, error_code="worker_lost", error="Died.")
    batches_keep()
    batch = caller.get(f"batches/{sent['id']}").json()
    assert (batch["state"], batch["error_code"]) == ("failed", "worker_lost")
