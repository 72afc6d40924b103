import csv
import gzip
import io
import uuid
from datetime import timedelta

import pandas as pd
import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.enums import Scope
from common import jobs
from common.models import Job, JobState, LedgerEvent
from scoring.batches import reading, services
from scoring.batches.models import Batch, BatchChunk
from scoring.batches.services import batches_keep
from scoring.enums import BatchState
from scoring.services import model_version_promote, score_create
from tests.factories.accounts import api_key
from tests.factories.applications import ApplicantFactory, ApplicationFactory
from tests.factories.batch_files import WRITERS, as_csv, as_gzip, as_parquet, frame
from tests.integration.api.conftest import Caller, problem_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _here(champion, settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "batches": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "batches")},
        }
    }


def send(caller, content, *, key=None, product="home_credit", **fields):
    data = {"file": SimpleUploadedFile("portfolio", content), "product": product} | fields
    headers = caller.headers | {"Idempotency-Key": key or str(uuid.uuid4())}
    return caller.client.post("/api/v1/batches", data, headers=headers)


def work():
    jobs.run_all_here(lambda _done: None)


def finished(caller, content, **fields):
    response = send(caller, content, **fields)
    assert response.status_code == 201, response.content
    work()
    answer = caller.get(f"batches/{response.json()['id']}").json()
    assert answer["state"] == "finished", answer
    return answer


def part(caller, batch, name, kind="csv", **query):
    address = f"batches/{batch['id']}/{name}?format={kind}" + "".join(f"&{k}={v}" for k, v in query.items())
    response = caller.get(address)
    assert response.status_code == 200, response.content
    return response.getvalue() if response.streaming else response.content


def rows(caller, batch, name="results", **query):
    return list(csv.DictReader(io.StringIO(part(caller, batch, name, **query).decode())))


@pytest.mark.parametrize("kind", WRITERS)
def test_every_row_is_scored_whatever_the_format(caller, kind, monkeypatch):
    monkeypatch.setattr(services, "CHUNK_ROWS", 8)
    batch = finished(caller, WRITERS[kind](frame()))
    assert (batch["rows_read"], batch["rows_scored"], batch["rows_refused"]) == (30, 30, 0)
    assert batch["progress"] == 100
    found = rows(caller, batch)
    assert [int(row["row"]) for row in found] == list(range(1, 31))
    assert [int(row["id"]) for row in found] == frame()["SK_ID_CURR"].tolist()
    assert not found[0]["principal_reasons"]
    assert rows(caller, batch, "errors") == []


def test_the_formats_give_the_same_scores(caller):
    answers = [rows(caller, finished(caller, write(frame()))) for write in WRITERS.values()]
    assert answers[0] == answers[1] == answers[2]


def test_a_row_has_the_score_and_the_reasons_of_a_case(caller, branch):
    batch = finished(caller, as_parquet(frame(3)), reasons="true")
    table = frame(3)
    for place, found in enumerate(rows(caller, batch, language="fr")):
        values = {name: _json(value) for name, value in table.iloc[place].items()}
        application = ApplicationFactory(
            applicant=ApplicantFactory(branch=branch), file={"application": values}, external_id=f"same-{place}"
        )
        score = score_create(application=application, actor=application.applicant.branch and _system())
        work()
        assert float(found["probability_of_default"]) == score.probability_of_default
        assert int(found["score_points"]) == score.score_points
        assert (found["risk_grade"], found["recommendation"]) == (score.risk_grade, score.recommendation)
        reasons = score.explanation.principal_reasons
        assert found["principal_reasons"] == ";".join(reason["reason_code"] for reason in reasons)
        assert found["principal_reasons_text"] == "; ".join(reason["text"]["fr"] for reason in reasons)


def _system():
    from common.actors import SYSTEM

    return SYSTEM


def _json(value):
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def test_bad_rows_are_named_and_the_good_ones_scored(caller):
    table = frame(6).astype(object)
    table.loc[1, "NAME_CONTRACT_TYPE"] = "cash loans"
    table.loc[2, "AMT_CREDIT"] = "many"
    table.loc[3, "SK_ID_CURR"] = table.loc[0, "SK_ID_CURR"]
    table.loc[4, "AMT_INCOME_TOTAL"] = -5
    lines = as_csv(table).splitlines(keepends=True)
    lines.insert(3, b"\n")
    lines += [b"1,2,3\n", b'"' + lines[1], lines[1].replace(b"Cash", b"Caf\xe9")]
    batch = finished(caller, b"".join(lines))
    assert (batch["rows_read"], batch["rows_scored"], batch["rows_refused"]) == (9, 2, 7)
    assert [int(row["row"]) for row in rows(caller, batch)] == [1, 6]
    problems = {(int(p["row"]), int(p["line"]), p["column"], p["code"]) for p in rows(caller, batch, "errors")}
    assert problems == {
        (2, 3, "NAME_CONTRACT_TYPE", "unseen_category"),
        (3, 5, "AMT_CREDIT", "wrong_type"),
        (4, 6, "", "duplicate_id"),
        (5, 7, "AMT_INCOME_TOTAL", "out_of_range"),
        (7, 9, "", "wrong_number_of_values"),
        (8, 10, "", "line_unreadable"),
        (9, 11, "", "not_utf8"),
    }
    assert all(problem["reason"] for problem in rows(caller, batch, "errors"))


def test_results_and_errors_as_parquet(caller):
    table = frame(5)
    table.loc[2, "AMT_CREDIT"] = -1.0
    batch = finished(caller, as_csv(table), reasons="true")
    found = pd.read_parquet(io.BytesIO(part(caller, batch, "results", "parquet")))
    assert found["row"].tolist() == [1, 2, 4, 5]
    assert found["probability_of_default"].between(0, 1).all()
    assert found["principal_reasons"].str.len().gt(0).all()
    problems = pd.read_parquet(io.BytesIO(part(caller, batch, "errors", "parquet")))
    assert problems[["row", "line", "column"]].values.tolist() == [[3, 4, "AMT_CREDIT"]]


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
    model_version_promote(version=champion, actor=_system())
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


GOOD = as_csv(frame(3))
HEADER, FIRST = GOOD.splitlines(keepends=True)[:2]
WHOLE = {
    "empty": (b"", "file_empty"),
    "header only": (HEADER, "file_without_rows"),
    "blank lines only": (HEADER + b"\n\n", "file_without_rows"),
    "no columns of ours": (b"a,b\n1,2\n", "file_columns"),
    "semicolons": (GOOD.replace(b",", b";"), "file_columns"),
    "ten thousand columns": (",".join(f"c{n}" for n in range(10_000)).encode() + b"\n1\n", "file_columns"),
    "a column twice": (b"SK_ID_CURR," + GOOD, "file_columns"),
    "the outcome": (b"TARGET," + HEADER + b"1," + FIRST, "file_columns"),
    "utf-16": (GOOD.decode().encode("utf-16"), "not_utf8"),
    "one endless line": (b"x" * 600_000, "line_too_long"),
    "gzip of nothing": (gzip.compress(b""), "file_columns"),
    "gzip cut in its head": (gzip.compress(GOOD)[:12], "file_truncated"),
    "half a parquet": (as_parquet(frame(3))[:2000], "file_truncated"),
    "parquet of lists": (as_parquet(frame(3).assign(EXT_SOURCE_1=[[1.0]] * 3)), "file_columns"),
    "parquet without rows": (as_parquet(frame(3).head(0)), "file_without_rows"),
    "parquet of other columns": (as_parquet(pd.DataFrame({"a": [1]})), "file_columns"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_cannot_be_read_is_refused_at_once(caller, name):
    content, code = WHOLE[name]
    response = send(caller, content)
    assert (response.status_code, problem_of(response)["code"]) == (422, code)
    assert len(response.content) < 20_000
    assert not Batch.objects.exists()


def test_a_file_that_breaks_off_later_fails_the_batch_with_the_line(caller):
    content = gzip.compress(as_csv(frame(3000)))[:-40_000]
    sent = send(caller, content).json()
    work()
    batch = caller.get(f"batches/{sent['id']}").json()
    assert (batch["state"], batch["error_code"]) == ("failed", "file_truncated")
    assert "line" in batch["error"]
    assert problem_of(caller.get(f"batches/{sent['id']}/results"))["code"] == "batch_not_finished"
    assert send(caller, content).status_code == 201


def test_a_bomb_is_stopped_by_its_size_and_by_its_ratio(caller, monkeypatch):
    monkeypatch.setattr(reading, "RATIO_COUNTS_FROM", 200_000)
    bomb = gzip.compress(HEADER + FIRST * 20_000)
    sent = send(caller, bomb).json()
    work()
    assert caller.get(f"batches/{sent['id']}").json()["error_code"] == "file_too_large"
    monkeypatch.setattr(reading, "MOST_PLAIN_BYTES", 1_000)
    assert problem_of(send(caller, as_gzip(frame(9))))["code"] == "file_too_large"


def test_too_many_rows_fail_the_batch(caller, monkeypatch):
    monkeypatch.setattr(reading, "MOST_ROWS", 5)
    assert problem_of(send(caller, as_parquet(frame(6))))["code"] == "too_many_rows"
    sent = send(caller, as_csv(frame(6))).json()
    work()
    assert caller.get(f"batches/{sent['id']}").json()["error_code"] == "too_many_rows"


def test_a_file_over_the_limit_is_refused_by_its_length(caller, settings):
    settings.BATCH_MAX_BYTES = 1000
    response = send(caller, as_csv(frame()))
    assert (response.status_code, problem_of(response)["code"]) == (413, "file_too_large")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"product": "none"}, None),
        ({"reasons": "perhaps"}, "/reasons"),
        ({"unknown": "x"}, "/unknown"),
        ({"file": "text"}, "/file"),
    ],
)
def test_fields_of_the_form_are_checked(caller, fields, pointer):
    data = {"file": SimpleUploadedFile("f", GOOD), "product": "home_credit"} | fields
    response = caller.client.post("/api/v1/batches", data, headers=caller.headers | {"Idempotency-Key": "k"})
    assert response.status_code == 422
    if pointer:
        assert pointer in {entry["pointer"] for entry in problem_of(response)["errors"]}


def test_json_is_not_a_file(caller):
    assert caller.post("batches", {"product": "home_credit"}).status_code == 415


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


def test_list_is_of_the_branch_and_can_be_narrowed(caller, stranger):
    batch = finished(caller, as_csv(frame(2)))
    send(caller, as_csv(frame(3)))
    assert len(caller.get("batches").json()["results"]) == 2
    found = caller.get("batches?state=finished&fields=state").json()["results"]
    assert found == [{"id": batch["id"], "state": "finished"}]
    assert stranger.get("batches").json()["results"] == []
    for path in ("", "/results", "/errors"):
        assert stranger.get(f"batches/{batch['id']}{path}").status_code == 404
    assert stranger.post(f"batches/{batch['id']}/cancel").status_code == 404


def test_reading_does_not_open_writing(branch):
    reader = Caller(api_key(branch=branch, scopes=[Scope.BATCHES_READ])[1])
    assert send(reader, GOOD).status_code == 403


def test_unknown_format_is_refused(caller):
    batch = finished(caller, as_csv(frame(2)))
    response = caller.get(f"batches/{batch['id']}/results?format=xlsx")
    assert (response.status_code, problem_of(response)["code"]) == (400, "invalid_query")
