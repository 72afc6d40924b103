"""What cannot be read, is too much, or is no file at all is refused with its reason."""

import gzip

import pandas as pd
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from scoring.batches import reading
from scoring.batches.models import Batch
from tests.factories.batch_files import as_csv, as_gzip, as_parquet, frame
from tests.integration.api.batches.conftest import GOOD, send, work
from tests.integration.api.conftest import problem_of

pytestmark = pytest.mark.django_db
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
