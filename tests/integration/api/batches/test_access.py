"""Whose batches a key sees and what it may ask of them."""

import pytest

from accounts.enums import Scope
from tests.factories.accounts import api_key
from tests.factories.batch_files import as_csv, frame
from tests.integration.api.batches.conftest import GOOD, finished, send
from tests.integration.api.conftest import Caller, problem_of

pytestmark = pytest.mark.django_db


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
