import json
import uuid
from typing import Any

import pytest
from django.test import Client

from tests.factories.accounts import BranchFactory, UserFactory, api_key
from tests.factories.applications import ApplicantFactory, ApplicationFactory
from tests.factories.explanations import ExplanationFactory
from tests.factories.scoring import ScoreFactory


class Caller:
    """A system that calls the API with one key; every POST has an idempotency key of its own unless one is given."""

    def __init__(self, secret: str | None) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Api-Key {secret}"} if secret else {}

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers=self.headers | headers)

    def post(
        self, path: str, body: Any = None, *, key: str | None = "", raw: bytes | None = None, **headers: str
    ) -> Any:
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        sent = self.headers | headers
        if key is not None:
            sent |= {"Idempotency-Key": key or str(uuid.uuid4())}
        content_type = sent.pop("Content-Type", "application/json")
        return self.client.post(f"/api/v1/{path}", content, content_type=content_type, headers=sent)


def problem_of(response: Any) -> dict[str, Any]:
    assert response["Content-Type"] == "application/problem+json", response.content[:300]
    body = response.json()
    assert body["status"] == response.status_code
    assert body["type"] == f"urn:problem:{body['code']}"
    assert body["title"]
    return body


def pointers_of(response: Any) -> set[tuple[str, str]]:
    return {(entry["pointer"], entry["code"]) for entry in problem_of(response)["errors"]}


@pytest.fixture
def branch(db):
    return BranchFactory(code="lyon")


@pytest.fixture
def officer(branch):
    return UserFactory(branch=branch)


@pytest.fixture
def caller(branch, officer):
    """All scopes, in the name of an officer."""
    return Caller(api_key(branch=branch, acts_for=officer)[1])


@pytest.fixture
def stranger(db):
    """All scopes, in another branch."""
    other = BranchFactory(code="lille")
    return Caller(api_key(branch=other, acts_for=UserFactory(branch=other))[1])


@pytest.fixture
def application(branch):
    return ApplicationFactory(applicant=ApplicantFactory(branch=branch))


@pytest.fixture
def score(application):
    return ScoreFactory(application=application)


@pytest.fixture
def explanation(score):
    return ExplanationFactory(score=score)
