"""What the model's tests share: one small training run and its signed bundle."""

from pathlib import Path

import pandas as pd
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ml.bundle import load_model, load_private_key, load_public_key
from ml.contract import Contract, load_contract
from ml.features import Specification, load_specification
from ml.keys import generate_key_pair
from ml.model import ScoringModel
from ml.packaging import save_bundle
from ml.train import TrainingOutcome, train
from ml.training_config import TrainingConfig, load_config
from tests.unit.ml.applicants import draw_applicants


@pytest.fixture(scope="session")
def contract() -> Contract:
    return load_contract()


@pytest.fixture(scope="session")
def specification() -> Specification:
    return load_specification()


@pytest.fixture(scope="session")
def config() -> TrainingConfig:
    short = load_config("home_credit", quick=True)
    return TrainingConfig(short.seed, 3, 20, 50, {**short.lightgbm, "min_data_in_leaf": 20})


@pytest.fixture(scope="session")
def applicants(contract: Contract) -> pd.DataFrame:
    return draw_applicants(contract, 600)


@pytest.fixture(scope="session")
def outcome(
    applicants: pd.DataFrame, contract: Contract, specification: Specification, config: TrainingConfig
) -> TrainingOutcome:
    return train(applicants, contract, specification, config)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return generate_key_pair(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def public(keys: tuple[Path, Path]) -> Ed25519PublicKey:
    return load_public_key(keys[1])


@pytest.fixture
def private(keys: tuple[Path, Path]) -> Ed25519PrivateKey:
    return load_private_key(keys[0])


@pytest.fixture(scope="session")
def bundle(
    outcome: TrainingOutcome, contract: Contract, keys: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return save_bundle(outcome, contract, tmp_path_factory.mktemp("bundles"), load_private_key(keys[0]))


@pytest.fixture(scope="session")
def model(bundle: Path, keys: tuple[Path, Path]) -> ScoringModel:
    return load_model(bundle, load_public_key(keys[1]))
