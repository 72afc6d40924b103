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
from ml.synthetic import generate_applications
from ml.train import train
from ml.training_config import load_config
from scoring import registry
from scoring.models import ModelVersion
from scoring.services import model_version_register

ROWS, SEED = 4000, 7


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


@pytest.fixture
def champion(db: None, trained_bundle: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> ModelVersion:
    settings.BUNDLE_DIR = trained_bundle.parent
    settings.BUNDLE_PUBLIC_KEY = str(trained_bundle.parent / PUBLIC_NAME)
    monkeypatch.setattr(registry, "_models", {})
    return model_version_register(path=trained_bundle, actor=SYSTEM, promote=True)


@pytest.fixture
def bundle_copy(champion: ModelVersion, trained_bundle: Path, settings: Any, tmp_path: Path) -> Path:
    """The champion's folder as a copy to be spoilt, not loaded yet."""
    copy = shutil.copytree(trained_bundle, tmp_path / trained_bundle.name)
    settings.BUNDLE_DIR = tmp_path
    registry._models.clear()
    return copy
