"""The two compilers of the features: whoever is scored alone gets what the portfolio gets."""

from typing import Any

import numpy as np
import pytest

from ml.contract import load_contract
from ml.features import load_specification
from ml.features.one_file import FilePlan
from ml.features.tables import matrix_from_tables
from tests.golden.clients import GENUINE, as_tables, files_of, genuine_tables, random_files

# What is added up in another order may differ in the last of 53 bits; where sums cancel out, nothing else may be left.
RELATIVE, CANCELLED = 1e-6, 1e-9


def one_by_one(files: list[dict[str, Any]]) -> np.ndarray:
    plan = FilePlan(load_specification(), load_contract())
    return np.vstack([plan.matrix(file) for file in files])


def unequal(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return ~((one == other) | (np.isnan(one) & np.isnan(other)))


def disagreements(one: np.ndarray, other: np.ndarray) -> list[str]:
    """The features that differ by more than the order of additions explains, in a scale of their own column."""
    scale = np.nanmax(np.abs(np.vstack([one, other])), axis=0, initial=0.0)
    both_missing = np.isnan(one) & np.isnan(other)
    near = np.abs(one - other) <= np.maximum(RELATIVE * np.abs(one), CANCELLED * scale)
    return [load_specification().names[place] for place in np.flatnonzero(~(near | both_missing).all(axis=0))]


@pytest.mark.parametrize("seed", [1, 2])
def test_random_clients_get_the_same_alone_and_together(seed):
    contract, specification = load_contract(), load_specification()
    files = random_files(contract, 150, seed)
    together = matrix_from_tables(specification, contract, as_tables(contract, files)).values
    alone = one_by_one(files)
    assert disagreements(alone, together) == []
    assert unequal(alone, together).mean() < 0.001


def test_portfolio_of_one_is_like_a_portfolio_of_many():
    contract, specification = load_contract(), load_specification()
    files = random_files(contract, 20, 3)
    many = matrix_from_tables(specification, contract, as_tables(contract, files)).values
    for place in (0, 7, 19):
        single = matrix_from_tables(specification, contract, as_tables(contract, files[place : place + 1])).values
        assert disagreements(single, many[place : place + 1]) == []


def test_rows_in_another_order_change_nothing():
    files = random_files(load_contract(), 40, 4)
    turned = [{name: part[::-1] if isinstance(part, list) else part for name, part in file.items()} for file in files]
    assert disagreements(one_by_one(turned), one_by_one(files)) == []


def test_table_without_rows_is_like_no_table():
    (file,) = random_files(load_contract(), 1, 5)
    bare = {"application": file["application"]}
    empty = bare | {table.name: [] for table in load_contract().child_tables}
    assert one_by_one([bare]).tobytes() == one_by_one([empty]).tobytes()


@pytest.mark.genuine
@pytest.mark.slow
@pytest.mark.skipif(not GENUINE.is_dir(), reason="needs the genuine data folder")
def test_every_genuine_client_gets_the_same_alone_and_together():
    contract, specification = load_contract(), load_specification()
    tables = genuine_tables(contract)
    files = list(files_of(contract, tables))
    lazy = {name: frame.lazy() for name, frame in tables.items()}
    together = matrix_from_tables(specification, contract, lazy)
    assert together.ids.tolist() == [file[contract.root_table][contract.id_column] for file in files]
    alone = one_by_one(files)
    assert disagreements(alone, together.values) == []
    # Seen: 4 of 6.8 million, in sums that lie between two float32 and in what is left where a sum cancels out.
    assert unequal(alone, together.values).mean() < 2e-6
