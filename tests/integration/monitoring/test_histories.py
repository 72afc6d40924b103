"""A model that reads histories is compared with applicants who have some, and with nobody else."""

from pathlib import Path

import numpy as np
import pytest

from common.errors import InvalidInput
from ml.bundle import load_model
from ml.child_tables import find_children
from ml.contract import load_contract
from ml.features import load_specification
from ml.keys import generate_key_pair, load_private_key, load_public_key
from ml.model import ScoringModel
from ml.packaging import save_bundle
from ml.raw_tables import find_training_table
from ml.synthetic import write
from ml.train import train
from ml.training_config import TrainingConfig
from ml.validation import read_table
from monitoring.current import matrix_of_file
from monitoring.samples import samples

pytestmark = pytest.mark.slow
CONFIG = TrainingConfig(seed=0, folds=2, rounds=5, reference_rows=100, lightgbm={"num_leaves": 4})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(400, 5, tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def model(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> ScoringModel:
    contract, keys = load_contract("home_credit"), tmp_path_factory.mktemp("keys")
    private, public = generate_key_pair(keys)
    frame = read_table(contract, find_training_table(contract, folder), contract.root_table)
    outcome = train(
        frame, contract, load_specification("home_credit"), CONFIG, children=find_children(contract, folder)
    )
    bundle = save_bundle(outcome, contract, tmp_path_factory.mktemp("bundles"), load_private_key(private))
    return load_model(bundle, load_public_key(public))


def test_child_tables_are_found_beside_the_applications(model: ScoringModel, folder: Path) -> None:
    matrix = matrix_of_file(model, folder / "application_train.parquet")
    histories = matrix[:, ~model.of_application]
    assert matrix.shape == (400, len(model.feature_names))
    assert np.nanmax(histories) > 0


def test_applications_without_any_history_are_refused_in_words(
    model: ScoringModel, folder: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "application.parquet"
    alone.write_bytes((folder / "application_train.parquet").read_bytes())
    with pytest.raises(InvalidInput, match="also reads histories"):
        matrix_of_file(model, alone)


def test_report_compares_what_both_sides_have(model: ScoringModel, folder: Path) -> None:
    found = samples(model, matrix_of_file(model, folder / "application_train.parquet"))
    assert len(found.reference.columns) <= model.of_application.sum() + 1
    assert set(found.reference.columns) == set(found.current.columns)
