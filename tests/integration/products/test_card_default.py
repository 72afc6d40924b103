"""The second product from its form to its monitoring, without a line of code that knows it."""

import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Branch, User
from applications.api_examples import application_example
from applications.models import Application
from applications.selectors import document
from common import jobs
from explanations.models import Explanation
from ml.contract import load_contract
from ml.product_folders import example_file
from monitoring.models import MonitoringRun
from scoring.models import ModelVersion
from tests.factories.scoring import ModelVersionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SignIn = Callable[[User], Client]
CARD = "card_default"
FORM = reverse("applications:application-new", query={"product": CARD})
PERSON = {"first_name": "Mei", "last_name": "Lin", "birth_date": "1988-02-29", "email": "", "language": "fr"}


def answers(**changes: Any) -> dict[str, Any]:
    file = example_file(CARD)
    assert file is not None
    row = {name: value for name, value in file["application"].items() if name != "AGE"}
    return PERSON | row | {"SEX": "2", "EDUCATION": "5"} | changes


def text(response: Any) -> str:
    assert response.status_code == 200, response.content[:500]
    return str(response.content.decode())


@pytest.fixture
def case(card_champion: ModelVersion, officer: User, sign_in: SignIn) -> Application:
    """Entered by hand, scored and explained."""
    response = sign_in(officer).post(FORM, answers())
    assert response.status_code == 302, response.content.decode()[:3000]
    jobs.run_all_here(report=lambda count: None)
    return Application.objects.get()


def test_form_asks_in_words_what_the_contract_asks(officer: User, sign_in: SignIn) -> None:
    page = text(sign_in(officer).get(FORM))
    for words in ("Credit limit", "Repayment, the latest month", "2 months late", "Not documented (code 5)", "TWD"):
        assert words in page
    assert 'name="AGE"' not in page
    assert 'name="default"' not in page


def test_entered_case_is_scored_and_explained_in_the_products_words(
    case: Application, officer: User, sign_in: SignIn
) -> None:
    latest = case.latest_file
    assert latest is not None
    row = document(latest)["application"]
    assert row["PAY_3"] == 2
    assert row["EDUCATION"] == "5"
    today = timezone.localdate()
    assert row["AGE"] == today.year - 1988 - ((today.month, today.day) < (2, 29))
    assert (case.currency, case.amount) == ("TWD", 120_000)
    contract = load_contract(CARD)
    explanation = Explanation.objects.get()
    assert {reason["reason_code"] for reason in explanation.principal_reasons} <= set(contract.reasons)
    features = {row["feature"] for row in explanation.contributions}
    assert not features & {"SEX", "MARRIAGE", "AGE", "EDUCATION"}
    page = text(sign_in(officer).get(reverse("decisions:case-detail", args=[case.id])))
    assert "default within 1 month." in page
    assert "Credit card" in page
    assert "2 months late" in page
    assert "No change of the request" not in page
    assert not re.search(r"\b(PAY_\d|BILL_AMT\d|LIMIT_BAL|utilisation_\d|repayment_worst)\b", visible(page))


def visible(page: str) -> str:
    return re.sub(r"<[^>]+>", " ", re.sub(r'(?s)<script.*?</script>|data-\w+="[^"]*"', " ", page))


def test_what_if_offers_the_words_of_a_code(case: Application, officer: User, sign_in: SignIn) -> None:
    client, address = sign_in(officer), reverse("decisions:case-what-if", args=[case.id])
    page = text(client.get(address))
    assert re.search(r'<option value="2" selected>2 months late', page)
    asked = dict(re.findall(r'<input[^>]*name="([A-Z_0-9]+)"[^>]*value="([^"]*)"', page))
    asked |= dict.fromkeys(re.findall(r'<select[^>]*name="([A-Z_0-9]+)"', page), "-1")
    assert "lower" in text(client.post(address, asked)).lower()


def test_product_is_chosen_where_several_are_served(
    card_champion: ModelVersion, officer: User, sign_in: SignIn
) -> None:
    client, address = sign_in(officer), reverse("applications:application-new")
    assert "Credit limit" in text(client.get(address)), "the only product served is not asked for"
    ModelVersionFactory(state="champion")
    page = text(client.get(address, {"applicant": ""}))
    assert "Which product is it for?" in page
    assert f"?product={CARD}" in page
    assert "?product=home_credit" in page


@pytest.mark.parametrize("product", ["nothing", "../card_default", "card_default\x00", "CARD_DEFAULT"])
def test_unknown_product_is_not_found(officer: User, sign_in: SignIn, product: str) -> None:
    client = sign_in(officer)
    assert client.get(reverse("applications:application-new"), {"product": product}).status_code == 404
    for name in ("applications:application-list", "decisions:case-queue"):
        assert client.get(reverse(name), {"product": product}).status_code == 200


def test_lists_name_the_product_and_are_narrowed_to_it(case: Application, officer: User, sign_in: SignIn) -> None:
    client = sign_in(officer)
    for name in ("applications:application-list", "decisions:case-queue"):
        assert case.reference in text(client.get(reverse(name), {"product": CARD}))
        assert case.reference not in text(client.get(reverse(name), {"product": "home_credit"}))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"PAY_0": "12"}, "12 is not one of the available choices"),
        ({"PAY_0": ""}, "This field is required"),
        ({"BILL_AMT1": "much"}, "Enter a number"),
        ({"PAY_AMT1": "-5"}, "Between 0 and"),
        ({"LIMIT_BAL": "10"}, "Between 1,000 and"),
        ({"EDUCATION": "7"}, "7 is not one of the available choices"),
        ({"birth_date": "2015-01-01"}, "not plausible"),
    ],
)
def test_bad_answer_is_said_beside_its_field(officer: User, sign_in: SignIn, changes: Any, said: str) -> None:
    response = sign_in(officer).post(FORM, answers(**changes))
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Application.objects.exists()


def post(secret: str, body: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Api-Key {secret}", "Idempotency-Key": str(uuid.uuid4())}
    return Client().post("/api/v1/applications", json.dumps(body), content_type="application/json", headers=headers)


def test_a_system_sends_and_scores_an_application(card_champion: ModelVersion, secret: str) -> None:
    response = post(secret, application_example(CARD))
    assert response.status_code == 201, response.content
    assert response.json()["score"]["model_version"] == card_champion.version


@pytest.mark.parametrize(
    ("row", "pointer", "code"),
    [
        ({"PAY_0": 12}, "/file/application/PAY_0", "out_of_range"),
        ({"SEX": 2}, "/file/application/SEX", "wrong_type"),
        ({"AMT_CREDIT": 1}, "/file/application/AMT_CREDIT", "unknown_column"),
    ],
)
def test_a_systems_bad_value_is_pointed_at(secret: str, row: dict[str, Any], pointer: str, code: str) -> None:
    body = application_example(CARD)
    body["file"] = {"application": body["file"]["application"] | row}
    response = post(secret, body)
    assert response.status_code == 422
    assert [(entry["pointer"], entry["code"]) for entry in response.json()["errors"]] == [(pointer, code)]


def test_file_of_another_product_is_refused(secret: str) -> None:
    body = application_example(CARD) | {"product": "home_credit"}
    assert post(secret, body).status_code == 422
    assert post(secret, body | {"product": "no_such_product"}).status_code == 422


def test_table_is_imported_with_the_age_in_years(
    card_champion: ModelVersion, card_clients: pd.DataFrame, branch: Branch, tmp_path: Path, capsys: Any
) -> None:
    card_clients.head(3).to_parquet(tmp_path / "application_train.parquet")
    call_command("import_applications", tmp_path, here=True, wait=1)
    assert "imported 3, already there 0, refused 0" in capsys.readouterr().out
    for application, age in zip(Application.objects.order_by("id"), card_clients["AGE"], strict=False):
        assert timezone.localdate().year - application.applicant.birth_date.year == age
    call_command("import_applications", tmp_path, here=True, wait=1)
    assert "already there 3" in capsys.readouterr().out


def test_import_asks_which_product(card_champion: ModelVersion, branch: Branch, tmp_path: Path) -> None:
    ModelVersionFactory(state="champion")
    with pytest.raises(CommandError, match="--product card_default or home_credit"):
        call_command("import_applications", tmp_path)
    with pytest.raises(CommandError, match="Known: card_default, home_credit"):
        call_command("import_applications", tmp_path, product="nothing")


def test_table_is_compared_and_read_on_the_products_page(
    card_champion: ModelVersion, card_clients: pd.DataFrame, risk: User, sign_in: SignIn, tmp_path: Path, capsys: Any
) -> None:
    card_clients.head(200).drop(columns="default").to_parquet(tmp_path / "now.parquet")
    call_command("monitoring_run", current=tmp_path / "now.parquet")
    assert "asked: run" in capsys.readouterr().out
    run = MonitoringRun.objects.get()
    jobs.run(jobs_of(run)[0])
    client = sign_in(risk)
    overview = text(client.get(reverse("monitoring:monitoring-overview"), {"product": CARD}))
    assert card_champion.version in overview
    page = text(client.get(reverse("monitoring:run-detail", args=[run.id])))
    assert "Share of the limit used, the latest month" in page
    assert "Credit card" in page
    detail = text(client.get(reverse("monitoring:feature-detail", args=[run.id, "PAY_0"])))
    assert "Paid on time" in detail
    assert "under Paid" not in detail, "a class of codes is named by its codes"


def jobs_of(run: MonitoringRun) -> list[Any]:
    from common.models import Job
    from monitoring.services import MEASURE_JOB

    return [job.id for job in Job.objects.filter(kind=MEASURE_JOB, key=str(run.id))]


def test_monitoring_keeps_the_products_apart(card_champion: ModelVersion, risk: User, sign_in: SignIn) -> None:
    other = ModelVersionFactory(state="champion")
    client, address = sign_in(risk), reverse("monitoring:monitoring-overview")
    card, home = text(client.get(address, {"product": CARD})), text(client.get(address, {"product": "home_credit"}))
    assert card_champion.version in card
    assert other.version not in card
    assert other.version in home
    assert client.get(address, {"product": "nothing"}).status_code == 404
    with pytest.raises(CommandError, match="Say which product"):
        call_command("monitoring_run", days=7)
    start = text(client.get("/"))
    assert "Model in service: Credit card" in start
