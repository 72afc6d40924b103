"""docs/new-product.md, followed to the letter: its files make a product that the portal did not know before."""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client
from django.urls import reverse

from accounts.models import User
from applications.models import Application
from common import jobs
from explanations.models import Explanation
from ml.cli import main
from ml.contract import load_contract
from ml.features import load_specification
from ml.levers import load_levers
from ml.product_folders import example_file
from monitoring.models import MonitoringRun
from scoring.models import ModelVersion

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PAGE = Path(__file__).resolve().parents[3] / "docs" / "new-product.md"
PRODUCT = "small_loan"
BLOCK = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROWS = 1500


def clear_caches() -> None:
    for loader in (load_contract, load_specification, load_levers):
        loader.cache_clear()


def write_product(parent: Path) -> Path:
    folder = parent / PRODUCT
    for name, content in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


@pytest.fixture
def product(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PRODUCTS_DIR", str(tmp_path / "products"))
    yield write_product(tmp_path / "products")
    clear_caches()


def requests(rows: int = ROWS) -> pd.DataFrame:
    """Fictional requests: who asks for much of a small income, or was late before, pays late more often."""
    draw = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "REQUEST": np.arange(1, rows + 1),
            "SUM_ASKED": draw.integers(5, 100, rows) * 100.0,
            "TERM": draw.integers(3, 61, rows),
            "NET_INCOME": draw.integers(900, 4000, rows).astype(float),
            "JOB_KIND": draw.choice(["permanent", "temporary", "none"], rows),
            "ARREARS": draw.choice([0, 1, 2], rows, p=[0.7, 0.2, 0.1]),
            "SEX_STATED": draw.choice(["F", "M"], rows),
            "AGE_YEARS": draw.integers(18, 80, rows),
        }
    )
    odds = -2.5 + 0.3 * frame["SUM_ASKED"] / frame["NET_INCOME"] + frame["ARREARS"]
    return frame.assign(IS_LATE=(draw.random(rows) < 1 / (1 + np.exp(-odds))).astype(int))


@pytest.fixture
def champion_of_page(
    product: Path, tmp_path: Path, put_in_service: Callable[[Path], ModelVersion], capsys: Any
) -> ModelVersion:
    """Step 9: a table in a folder, and the command."""
    data = tmp_path / "data"
    data.mkdir()
    requests().to_csv(data / "application_train.csv", index=False)
    folders = ["--out", str(tmp_path / "keys"), "--keys", str(tmp_path / "keys")]
    assert main(["train", "--product", PRODUCT, "--data", str(data), "--quick", *folders]) == 0
    bundle = Path(capsys.readouterr().out.splitlines()[-1].removeprefix("bundle: "))
    return put_in_service(bundle)


def test_the_page_shows_every_file_that_is_needed(product: Path) -> None:
    written = {path.relative_to(product).as_posix() for path in product.rglob("*") if path.is_file()}
    named = {"product.toml", "vocabularies.toml", "reasons.toml", "features.toml", "training.toml", "example.json"}
    assert written == named | {"dictionary/application.csv"}
    call_command("check")


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        ("features.toml", 'op = "ratio"', 'op = "quotient"', r"small_loan.*sum_to_income.*unknown operator 'quotient'"),
        ("dictionary/application.csv", ",term,Term", ",duration,Term", r"small_loan.*TERM: unknown reason 'duration'"),
        ("training.toml", "folds = 5", "folds = 1", r"small_loan.*folds"),
        ("example.json", "}}", "}", r"small_loan.*example\.json"),
    ],
)
def test_check_names_what_does_not_fit(product: Path, file: str, before: str, after: str, said: str) -> None:
    path = product / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(SystemCheckError, match=said):
        call_command("check")


def test_product_of_the_page_serves(
    champion_of_page: ModelVersion,
    officer: User,
    risk: User,
    sign_in: Callable[[User], Client],
    secret: str,
    tmp_path: Path,
) -> None:
    client = sign_in(officer)
    form = client.get(reverse("applications:application-new")).content.decode()
    assert "Sum asked for" in form
    assert "Late several times" in form
    case = _entered(client)
    assert case.product == PRODUCT
    assert Explanation.objects.get(score__application=case).principal_reasons is not None
    page = client.get(reverse("decisions:case-detail", args=[case.id])).content.decode()
    assert "Small loan" in page
    assert "Late several times" in page
    headers = {"Authorization": f"Api-Key {secret}", "Idempotency-Key": str(uuid.uuid4())}
    body = json.dumps(_body())
    sent = Client().post("/api/v1/applications", body, content_type="application/json", headers=headers)
    assert sent.status_code == 201, sent.content
    current = tmp_path / "now.csv"
    requests(120).drop(columns="IS_LATE").to_csv(current, index=False)
    call_command("monitoring_run", current=current, product=PRODUCT, here=False)
    overview = sign_in(risk).get(reverse("monitoring:monitoring-overview"), {"product": PRODUCT}).content.decode()
    assert champion_of_page.version in overview
    assert MonitoringRun.objects.get().model_version == champion_of_page


def _entered(client: Client) -> Application:
    person = {"first_name": "Ana", "last_name": "Ruiz", "birth_date": "1990-05-01", "email": "", "language": "fr"}
    row = {"SUM_ASKED": "9 000", "TERM": "48", "NET_INCOME": "1200", "JOB_KIND": "none", "ARREARS": "2"}
    response = client.post(reverse("applications:application-new"), person | row)
    assert response.status_code == 302, response.content.decode()
    jobs.run_all_here(report=lambda count: None)
    return Application.objects.get()


def _body() -> dict[str, Any]:
    applicant = {"first_name": "Ana", "last_name": "Ruiz", "birth_date": "1990-05-01", "language": "fr"}
    return {
        "external_id": "loan-1",
        "product": PRODUCT,
        "applicant": applicant,
        "file": example_file(PRODUCT),
        "score": True,
    }
