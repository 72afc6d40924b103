"""A product in service beside the tests' own, and the pages, systems and commands that meet it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from django.test import Client

from accounts.models import Branch, User
from common.actors import SYSTEM
from ml.contract import load_contract
from ml.features import load_specification
from ml.keys import PUBLIC_NAME, generate_key_pair, load_private_key
from ml.packaging import save_bundle
from ml.product_folders import product_folder
from ml.train import train
from ml.training_config import load_config
from ml.validation import read_table
from monitoring import tasks  # noqa: F401  registers what executes the jobs
from scoring import registry
from scoring.models import ModelVersion
from scoring.services import model_version_register
from tests.factories.accounts import BranchFactory, UserFactory, api_key

CARD = "card_default"
ROWS = 2000


def bundle_of(product: str, frame: pd.DataFrame, folder: Path, rounds: int = 30) -> Path:
    """A small model of a product, signed with a key that lies beside it."""
    private, _public = generate_key_pair(folder)
    config = replace(load_config(product, quick=True), rounds=rounds, reference_rows=500)
    contract = load_contract(product)
    outcome = train(frame, contract, load_specification(product), config)
    return save_bundle(outcome, contract, folder, load_private_key(private))


@pytest.fixture(scope="session")
def card_clients() -> pd.DataFrame:
    data = product_folder(CARD) / "data" / "application_train.parquet"
    return read_table(load_contract(CARD), data, "application")


@pytest.fixture(scope="session")
def card_bundle(tmp_path_factory: pytest.TempPathFactory, card_clients: pd.DataFrame) -> Path:
    return bundle_of(CARD, card_clients.tail(ROWS), tmp_path_factory.mktemp("card_bundles"))


@pytest.fixture
def put_in_service(settings: Any, monkeypatch: pytest.MonkeyPatch, db: None) -> Callable[[Path], ModelVersion]:
    def put(bundle: Path) -> ModelVersion:
        settings.BUNDLE_DIR = bundle.parent
        settings.BUNDLE_PUBLIC_KEY = str(bundle.parent / PUBLIC_NAME)
        monkeypatch.setattr(registry, "_models", {})
        return model_version_register(path=bundle, actor=SYSTEM, promote=True)

    return put


@pytest.fixture
def card_champion(card_bundle: Path, put_in_service: Callable[[Path], ModelVersion]) -> ModelVersion:
    return put_in_service(card_bundle)


@pytest.fixture
def branch(db: None) -> Branch:
    return BranchFactory(code="lyon")


@pytest.fixture
def officer(branch: Branch) -> User:
    return UserFactory(branch=branch)


@pytest.fixture
def risk(db: None) -> User:
    return UserFactory(risk=True)


@pytest.fixture
def sign_in() -> Callable[[User], Client]:
    def enter(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def secret(branch: Branch, officer: User) -> str:
    return api_key(branch=branch, acts_for=officer)[1]


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.jobs.nudge", lambda job_id, kind: None)
