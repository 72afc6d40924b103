"""Inputs small enough that every strategy learns in a fraction of a second."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml.contract import Contract
from ml.features import Specification
from ml.folds import stratified_folds
from ml.strategies.catalogue import catalogue
from ml.strategies.learning import Inputs, Strategy
from ml.strategies.loading import Loaded
from ml.training_config import TrainingConfig
from ml.training_data import TrainingData, prepare
from tests.unit.ml.applicants import draw_applicants

COLUMNS = (
    "EXT_SOURCE_1",
    "EXT_SOURCE_2",
    "EXT_SOURCE_3",
    "AMT_CREDIT",
    "AMT_INCOME_TOTAL",
    "FLAG_DOCUMENT_3",
    "NAME_INCOME_TYPE",
    "ORGANIZATION_TYPE",
)


@pytest.fixture(scope="session")
def small_specification(specification: Specification) -> Specification:
    return specification.without(set(specification.names) - set(COLUMNS))


@pytest.fixture(scope="session")
def small_config(config: TrainingConfig) -> TrainingConfig:
    return TrainingConfig(config.seed, 3, 15, 50, config.lightgbm, members=2)


@pytest.fixture(scope="session")
def small_frame(contract: Contract) -> pd.DataFrame:
    return draw_applicants(contract, 900, seed=7)


@pytest.fixture(scope="session")
def loaded(
    small_frame: pd.DataFrame, contract: Contract, small_specification: Specification, small_config: TrainingConfig
) -> Loaded:
    return Loaded(contract, small_config, prepare(small_frame, contract, small_specification, small_config.folds))


@pytest.fixture(scope="session")
def shuffled(loaded: Loaded) -> Loaded:
    """The same applicants with outcomes that have nothing to do with them."""
    data = loaded.data
    target = np.random.default_rng(11).permutation(data.is_default)
    meaningless = TrainingData(data.frame, target, data.specification, data.matrix, data.dropped)
    return Loaded(loaded.contract, loaded.config, meaningless)


@pytest.fixture(scope="session")
def strategies(loaded: Loaded, tmp_path_factory: pytest.TempPathFactory) -> list[Strategy]:
    found, _ = catalogue(loaded, tmp_path_factory.mktemp("no_searches") / "none.journal")
    return found


@pytest.fixture(scope="session")
def inputs(loaded: Loaded) -> Inputs:
    return loaded.views["features"]


@pytest.fixture(scope="session")
def fold(loaded: Loaded) -> np.ndarray:
    return stratified_folds(loaded.data.is_default, loaded.config.folds, loaded.config.seed)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "tuning" / "home_credit.journal"
