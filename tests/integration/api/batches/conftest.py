"""A file is sent, worked on, and its results are read."""

import csv
import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from common import jobs
from tests.factories.batch_files import as_csv, frame


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


GOOD = as_csv(frame(3))
