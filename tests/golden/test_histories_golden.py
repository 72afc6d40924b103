"""Frozen clients with all their tables and their frozen features: the same rows give the same bits on every path.

The clients are fictional. When a feature is changed on purpose, ``version`` in ``features.toml`` rises and the new
file is written with ``python -m tests.golden.test_histories_golden``; the clients stay.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.contract import load_contract
from ml.features import Specification, load_specification
from ml.features.one_file import FilePlan, matrix_from_file
from ml.features.tables import matrix_from_tables
from ml.validation import validate_file
from tests.golden.clients import CreditFile, as_tables
from tests.golden.test_features_golden import as_hex

GOLDEN = Path(__file__).with_name("histories.json")


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    return json.loads(GOLDEN.read_text())


@pytest.fixture(scope="module")
def clients(recorded) -> list[CreditFile]:
    return recorded["clients"]


def one_by_one(specification: Specification, clients: list[CreditFile]) -> np.ndarray:
    plan = FilePlan(specification, load_contract())
    return np.vstack([plan.matrix(client) for client in clients])


def together(specification: Specification, clients: list[CreditFile]) -> np.ndarray:
    contract = load_contract()
    return matrix_from_tables(specification, contract, as_tables(contract, clients)).values


def assert_same_bits(specification: Specification, now: list[list[str]], then: list[list[str]]) -> None:
    for number, (row, expected) in enumerate(zip(now, then, strict=True)):
        changed = [name for name, a, b in zip(specification.names, row, expected, strict=True) if a != b]
        assert not changed, f"client {number}: {changed}"


def test_clients_keep_the_contract_and_have_rows_in_every_table(clients):
    contract = load_contract()
    assert all(validate_file(contract, client) == [] for client in clients)
    for table in contract.child_tables:
        lengths = {len(client[table.name]) for client in clients}
        assert 0 in lengths
        assert max(lengths) > 3


def test_bits_of_one_file_are_those_on_record(recorded, clients):
    specification = load_specification()
    assert recorded["version"] == specification.version
    assert recorded["features"] == list(specification.names)
    assert_same_bits(specification, as_hex(one_by_one(specification, clients)), recorded["rows"])


def test_bits_of_the_portfolio_are_those_on_record(recorded, clients):
    specification = load_specification()
    assert_same_bits(specification, as_hex(together(specification, clients)), recorded["rows"])


def test_bits_of_portfolios_of_one_are_those_on_record(recorded, clients):
    specification = load_specification()
    alone = np.vstack([together(specification, [client]) for client in clients])
    assert_same_bits(specification, as_hex(alone), recorded["rows"])


def test_bits_are_those_on_record_after_the_manifest_s_round_trip(recorded, clients):
    specification = load_specification()
    manifest = {"product": specification.product, **json.loads(json.dumps(specification.as_dict()))}
    again = Specification.from_dict(manifest)
    assert again == specification
    rows = np.vstack([matrix_from_file(again, load_contract(), client) for client in clients])
    assert_same_bits(specification, as_hex(rows), recorded["rows"])


if __name__ == "__main__":
    specification, kept = load_specification(), json.loads(GOLDEN.read_text())["clients"]
    content = {
        "version": specification.version,
        "clients": kept,
        "features": specification.names,
        "rows": as_hex(one_by_one(specification, kept)),
    }
    GOLDEN.write_text(json.dumps(content, separators=(",", ":")).replace('"rows":', '\n"rows":') + "\n")
