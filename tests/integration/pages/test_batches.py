"""The risk manager sends a file, follows it and fetches the results; nobody else."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common import jobs
from scoring.batches.models import Batch
from scoring.batches.services import batch_create
from tests.factories.batch_files import as_csv, frame

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _here(champion, settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "batches": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "batches")},
        }
    }


@pytest.fixture
def client(signed_in, risk):
    return signed_in(risk)


def send(client, content, **fields):
    data = {"file": SimpleUploadedFile("portfolio.csv", content), "product": "home_credit"} | fields
    return client.post(reverse("scoring:batch-new"), data)


def test_a_file_is_sent_followed_and_fetched(client, is_strict):
    is_strict(client.get(reverse("scoring:batch-list")))
    is_strict(client.get(reverse("scoring:batch-new")))
    table = frame(5)
    table.loc[1, "AMT_CREDIT"] = -1.0
    page = send(client, as_csv(table)).headers["Location"]
    waiting = client.get(page)
    is_strict(waiting)
    assert "Reading the file" in waiting.content.decode()
    batch = Batch.objects.get()
    seen = {"part": "progress", "seen": f"{batch.state}-0-0"}
    assert client.get(page, seen).status_code == 204
    jobs.run_all_here(lambda _done: None)
    part = client.get(page, seen).content.decode()
    assert "Finished" in part
    assert "<html" not in part
    assert "hx-get" not in part
    results = b"".join(client.get(reverse("scoring:batch-file", args=[batch.id, "results", "csv"])).streaming_content)
    assert len(results.splitlines()) == 5
    errors = b"".join(client.get(reverse("scoring:batch-file", args=[batch.id, "errors", "csv"])).streaming_content)
    assert b"2,3,AMT_CREDIT,out_of_range" in errors
    parquet = client.get(reverse("scoring:batch-file", args=[batch.id, "results", "parquet"]))
    assert b"".join(parquet.streaming_content).startswith(b"PAR1")
    assert str(batch.id) in client.get(reverse("scoring:batch-list")).content.decode()


def test_refused_rows_are_said_in_the_language_of_whoever_sent_them(signed_in, risk):
    risk.language = "fr"
    risk.save(update_fields=["language"])
    client, table = signed_in(risk), frame(3)
    table.loc[1, "AMT_CREDIT"] = -1.0
    content = as_csv(table) + b"1,2\n"
    send(client, content)
    jobs.run_all_here(lambda _done: None)
    batch = Batch.objects.get()
    refused = b"".join(client.get(reverse("scoring:batch-file", args=[batch.id, "errors", "csv"])).streaming_content)
    assert "est inférieur à" in refused.decode()
    assert "La ligne a 2 valeurs" in refused.decode()


def test_the_same_file_leads_to_the_same_batch(client):
    first, again = send(client, as_csv(frame(3))), send(client, as_csv(frame(3)))
    assert first.headers["Location"] == again.headers["Location"]
    assert "scored already" in client.get(again.headers["Location"]).content.decode()


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "The file is empty."), (b"a;b\n1;2\n", "not by semicolons"), (b"a\n", "AMT_CREDIT")]
)
def test_a_file_that_cannot_be_read_says_why(client, content, words, is_strict):
    response = send(client, content)
    assert response.status_code == 422
    assert words in response.content.decode()
    is_strict(response)
    assert not Batch.objects.exists()


def test_a_batch_can_be_stopped(client):
    page = send(client, as_csv(frame(3))).headers["Location"]
    answer = client.post(page + "cancel/", follow=True)
    assert "The batch is cancelled." in answer.content.decode()
    assert client.post(page + "cancel/").status_code == 302
    assert client.get(page + "results.csv").status_code == 409


def test_what_a_system_sent_is_not_shown_here(client, branch, officer):
    upload = SimpleUploadedFile("f", as_csv(frame(3)))
    batch, _new = batch_create(
        product="home_credit", upload=upload, with_reasons=False, actor=officer.actor, branch=branch
    )
    assert client.get(reverse("scoring:batch-detail", args=[batch.id])).status_code == 404
    assert str(batch.id) not in client.get(reverse("scoring:batch-list")).content.decode()


def test_unknown_batch_and_file_are_not_found(client):
    page = send(client, as_csv(frame(3))).headers["Location"]
    assert client.get(reverse("scoring:batch-detail", args=[uuid.uuid4()])).status_code == 404
    assert client.get(page + "source.csv").status_code == 404
    assert client.get(page + "results.xlsx").status_code == 404


def test_the_list_costs_the_same_with_more_rows_and_writes_nothing(client):
    counts = []
    for rows in (2, 6):
        for number in range(rows):
            send(client, as_csv(frame(rows + number + 1)))
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("scoring:batch-list"))
        counts.append(len(captured))
        assert not [q for q in captured.captured_queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert counts[0] == counts[1]
