"""The OpenAPI document says what the API does, and its page keeps the content policy."""

import re

import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from creditportal.api import v1
from decisions.api_examples import DECLINE, OVERRIDE
from integrations.api_examples import ROTATION, WEBHOOK
from tests.factories.applications import APPLICATION, FILE
from tests.factories.scoring import ModelVersionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


def operation(schema, operation_id):
    return next(
        found for path in schema["paths"].values() for found in path.values() if found["operationId"] == operation_id
    )


def faults(schema, part, value):
    return [
        error.message for error in Draft202012Validator(part | {"components": schema["components"]}).iter_errors(value)
    ]


def test_document_is_valid_and_without_warnings(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))


def test_document_names_every_address_with_security_errors_and_the_idempotency_key(schema):
    assert schema["openapi"].startswith("3.1")
    assert len(schema["paths"]) == len(v1)
    for path in schema["paths"].values():
        for method, found in path.items():
            assert found["security"] == [{"ApiKey": []}]
            assert {"401", "403", "404"} <= set(found["responses"])
            headers = [one["name"] for one in found.get("parameters", []) if one["in"] == "header"]
            assert set(headers) - {"If-Match", "If-None-Match"} == ({"Idempotency-Key"} if method == "post" else set())


@pytest.mark.parametrize(
    ("operation_id", "body"),
    [
        ("applications_create", APPLICATION),
        ("files_create", {"file": FILE}),
        ("decisions_create", DECLINE),
        ("decisions_create", OVERRIDE),
        ("webhooks_create", WEBHOOK),
        ("webhooks_rotate", ROTATION),
    ],
)
def test_examples_keep_the_document(schema, operation_id, body):
    part = operation(schema, operation_id)["requestBody"]["content"]["application/json"]["schema"]
    assert faults(schema, part, body) == []
    assert faults(schema, part, body | {"unknown": 1})


def test_file_is_described_by_the_contract(schema):
    file = next(one for one in schema["components"]["schemas"]["CreditFile"]["anyOf"] if "bureau" in one["properties"])
    rows = file["properties"]
    assert rows["application"]["properties"]["AMT_CREDIT"]["minimum"] == 1000
    assert "TARGET" not in rows["application"]["properties"]
    part = operation(schema, "files_create")["requestBody"]["content"]["application/json"]["schema"]
    assert faults(schema, part, {"file": {"application": FILE["application"] | {"NAME_CONTRACT_TYPE": "cash loans"}}})


def test_answers_keep_the_document(schema, caller, explanation):
    application = explanation.score.application_id
    ModelVersionFactory()
    answers = {
        "applications_list": caller.get("applications"),
        "applications_get": caller.get(f"applications/{application}"),
        "explanation_get": caller.get(f"scores/{explanation.score_id}/explanation"),
        "models_list": caller.get("models"),
        "decisions_create": caller.post(
            f"applications/{application}/decisions",
            {"score": str(explanation.score_id), "outcome": "decline", "reason_codes": ["external_score"]},
        ),
        "decisions_list": caller.get("decisions"),
        "applications_create": caller.post("applications", APPLICATION | {"score": False}),
        "files_create": caller.post(f"applications/{application}/files", {"file": 1}),
        "scores_create": caller.post(f"applications/{application}/scores", {"x": 1}),
        "decisions_get": caller.get("decisions/nothing"),
        "webhooks_create": caller.post("webhooks", WEBHOOK),
        "webhooks_list": caller.get("webhooks"),
    }
    for operation_id, answer in answers.items():
        content = operation(schema, operation_id)["responses"][str(answer.status_code)]["content"]
        assert faults(schema, content[answer["Content-Type"]]["schema"], answer.json()) == [], operation_id


def test_docs_page_runs_nothing_inline(db):
    response = Client().get("/api/docs/")
    page = response.content.decode()
    assert response.status_code == 200
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|https?://", page)
    assert "unsafe" not in response["Content-Security-Policy"]
    assert Client().get("/api/schema/").status_code == 200
