"""A real model in service: small, trained once per run on synthetic applicants."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from common.actors import SYSTEM
from ml.contract import load_contract
from ml.features import load_specification
from ml.keys import PUBLIC_NAME, generate_key_pair, load_private_key
from ml.packaging import save_bundle
from ml.raw_tables import find_table, find_training_table
from ml.synthetic import generate_applications
from ml.synthetic.tables import write as write_tables
from ml.table_reading import read_table
from ml.train import train
from ml.training_config import load_config
from scoring import registry
from scoring.models import ModelVersion
from scoring.services import model_version_register

ROWS, SEED = 4000, 7
ROWS_WITH_HISTORIES = 3500


@pytest.fixture(scope="session")
def trained_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle's folder; the key that proves it lies beside it."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    folder = tmp_path_factory.mktemp("bundles")
    private, _public = generate_key_pair(folder)
    contract = load_contract()
    config = load_config(contract.product, quick=True)
    outcome = train(generate_applications(ROWS, SEED), contract, load_specification(), config)
    return save_bundle(outcome, contract, folder, load_private_key(private))


@pytest.fixture(scope="session")
def synthetic_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All tables of fictional applicants."""
    return write_tables(ROWS_WITH_HISTORIES, SEED, tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="session")
def histories_bundle(tmp_path_factory: pytest.TempPathFactory, synthetic_tables: Path) -> Path:
    """As :func:`trained_bundle`, learnt from all tables."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    folder = tmp_path_factory.mktemp("bundles-with-histories")
    private, _public = generate_key_pair(folder)
    contract = load_contract()
    frame = read_table(contract, find_training_table(contract, synthetic_tables), contract.root_table)
    found = {table.name: find_table(synthetic_tables, table.name) for table in contract.child_tables}
    children = {name: path for name, path in found.items() if path}
    config = load_config(contract.product, quick=True)
    outcome = train(frame, contract, load_specification(), config, children=children)
    return save_bundle(outcome, contract, folder, load_private_key(private))


@pytest.fixture
def champion(db: None, trained_bundle: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> ModelVersion:
    return _in_service(trained_bundle, settings, monkeypatch)


@pytest.fixture
def histories_champion(
    db: None, histories_bundle: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> ModelVersion:
    return _in_service(histories_bundle, settings, monkeypatch)


def _in_service(bundle: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> ModelVersion:
    settings.BUNDLE_DIR = bundle.parent
    settings.BUNDLE_PUBLIC_KEY = str(bundle.parent / PUBLIC_NAME)
    monkeypatch.setattr(registry, "_models", {})
    return model_version_register(path=bundle, actor=SYSTEM, promote=True)


@pytest.fixture
def bundle_copy(champion: ModelVersion, trained_bundle: Path, settings: Any, tmp_path: Path) -> Path:
    """The champion's folder as a copy to be spoilt, not loaded yet."""
    copy = shutil.copytree(trained_bundle, tmp_path / trained_bundle.name)
    settings.BUNDLE_DIR = tmp_path
    registry._models.clear()
    return copy
