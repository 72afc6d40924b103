"""A champion, applicants from outside and scores of the portal to hold against it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from django.test import Client

from accounts.models import User
from common.actors import SYSTEM
from common.models import Job
from ml.synthetic import generate_applications
from monitoring import tasks  # noqa: F401  registers what executes the jobs
from monitoring.models import MonitoringRun
from monitoring.services import monitoring_run_create_from_table
from scoring import registry
from scoring.models import ModelVersion
from tests.factories.accounts import UserFactory
from tests.factories.applications import ApplicationFactory
from tests.factories.scoring import ScoreFactory


@pytest.fixture(scope="session")
def applicants() -> pd.DataFrame:
    return generate_applications(400, 11).drop(columns="TARGET")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def to_file(frame: pd.DataFrame, name: str = "current.parquet") -> Path:
        path = tmp_path / name
        frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)
        return path

    return to_file


@pytest.fixture
def table_run(champion: ModelVersion, applicants: pd.DataFrame, write: Callable[..., Path]) -> MonitoringRun:
    return monitoring_run_create_from_table(product="home_credit", path=write(applicants), actor=SYSTEM)


@pytest.fixture
def scored(champion: ModelVersion, applicants: pd.DataFrame) -> Callable[[int], None]:
    """Scores of the champion, as the portal would have written them."""

    def make(count: int) -> None:
        model = registry.load(champion)
        matrix = model.matrix(applicants.head(count))
        probability = model.predict(matrix).probability_of_default
        for row, pd_of_row in zip(matrix, probability, strict=True):
            values = [None if np.isnan(value) else float(value) for value in row]
            ScoreFactory(
                application=ApplicationFactory(),
                model_version=champion,
                features=dict(zip(model.feature_names, values, strict=True)),
                probability_of_default=float(pd_of_row),
            )

    return make


@pytest.fixture
def job_of() -> Callable[[MonitoringRun, str], Job]:
    return lambda run, kind: Job.objects.get(kind=kind, key=str(run.id))


@pytest.fixture
def plain_report(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A report without the seconds that evidently takes; the list holds what it was asked to draw."""
    from monitoring import evidently_report

    asked: list[Any] = []

    def draw(samples: Any) -> str:
        asked.append(samples)
        return "<html><body>drawn</body></html>"

    monkeypatch.setattr(evidently_report, "drift_report_html", draw)
    return asked


@pytest.fixture
def risk(db: None) -> User:
    return UserFactory(risk=True)


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in
