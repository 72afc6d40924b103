"""A file with its child rows, from the API to the case page: scored with its histories, explained in words."""

import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Branch, User
from applications.models import Application
from common import jobs
from ml.contract import load_contract
from scoring import registry
from scoring.models import ModelVersion, Score
from tests.factories.accounts import api_key
from tests.factories.applications import APPLICATION
from tests.integration.api.conftest import Caller

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
GOLDEN = Path(__file__).parents[2] / "golden" / "histories.json"
FULL = json.loads(GOLDEN.read_text())["clients"][0]
THIN = {"application": FULL["application"]}
SignIn = Callable[[User], Client]
Submit = Callable[[dict[str, Any]], tuple[Score, dict[str, Any]]]


@pytest.fixture
def caller(branch: Branch) -> Caller:
    return Caller(api_key(branch=branch)[1])


@pytest.fixture
def submit(caller: Caller, histories_champion: ModelVersion) -> Submit:
    """Post the file and explain its score; gives the score and the explanation as the API tells it."""

    def post(file: dict[str, Any]) -> tuple[Score, dict[str, Any]]:
        external_id = f"case-{Application.objects.count()}"
        answer = caller.post("applications", APPLICATION | {"external_id": external_id, "file": file})
        assert answer.status_code == 201, answer.content
        jobs.run_all_here(lambda _done: None)
        score = Score.objects.get(id=answer.json()["score"]["id"])
        return score, caller.get(f"scores/{score.id}/explanation").json()

    return post


def page_of(client: Client, score: Score) -> str:
    response = client.get(reverse("decisions:case-detail", args=[score.application_id]))
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def test_file_is_scored_with_its_histories(submit: Submit) -> None:
    score, why = submit(FULL)
    assert score.features["bureau_count"] == len(FULL["bureau"])
    assert score.features["installments_payments_count"] == len(FULL["installments_payments"])
    model = registry.load(score.model_version)
    expected = model.predict(model.features(FULL))
    assert score.raw_margin == expected.raw_margin[0]
    assert "thin_file" not in score.policy_findings
    total = why["base_value"] + sum(row["contribution"] for row in why["contributions"])
    assert total == pytest.approx(score.raw_margin, abs=1e-9)
    assert any(row["contribution"] for row in why["contributions"] if row["feature"].startswith("bureau_"))


def test_child_rows_change_the_score_and_thin_file_is_said_not_an_error(submit: Submit) -> None:
    full, _ = submit(FULL)
    thin, why = submit(THIN)
    assert thin.raw_margin != full.raw_margin
    assert "thin_file" in thin.policy_findings
    assert thin.recommendation == "refer"
    assert why["status"] == "ready"
    by_feature = {row["feature"]: row for row in why["contributions"]}
    assert by_feature["bureau_count"]["value"] == 0
    assert by_feature["bureau_amt_credit_sum_mean"]["value"] is None


def test_every_contribution_and_reason_has_words_in_both_languages(submit: Submit, caller: Caller) -> None:
    score, why = submit(FULL)
    french = caller.get(f"scores/{score.id}/explanation?language=fr").json()
    names = {row["feature"] for row in why["contributions"]}
    for answer in (why, french):
        for row in answer["contributions"] + answer["population"]:
            assert row["label"] not in names
            assert "_" not in row["label"]
    known = load_contract().reasons
    assert 1 <= len(why["principal_reasons"]) <= 4
    assert all(reason["text"] == known[reason["reason_code"]].text_en for reason in why["principal_reasons"])
    aggregates = [place for place, row in enumerate(why["contributions"]) if row["feature"].startswith("bureau_")]
    assert all(why["contributions"][place]["label"] != french["contributions"][place]["label"] for place in aggregates)


@pytest.mark.parametrize("file", [FULL, THIN], ids=["full", "thin"])
def test_case_page_shows_histories_in_words(
    submit: Submit, signed_in: SignIn, officer: User, is_strict: Any, file: dict[str, Any]
) -> None:
    score, why = submit(file)
    client = signed_in(officer)
    page = page_of(client, score)
    is_strict(client.get(reverse("decisions:case-detail", args=[score.application_id])))
    derived = {row["feature"] for row in why["contributions"] if row["feature"].islower()}
    assert [name for name in derived if name in page] == []
    shown = [row["label"] for row in why["contributions"][:5]]
    assert all(label in page for label in shown)
    assert ("The file is thin" in page) == (file is THIN)
    assert ("nothing on record" in page) == any(
        row["value"] is None and row["feature"] in _aggregates(score) for row in why["contributions"]
    )


def _aggregates(score: Score) -> set[str]:
    features = registry.load(score.model_version).specification.features
    return {feature.name for feature in features if feature.op == "aggregate"}
