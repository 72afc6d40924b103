"""A model that learnt from all tables: its bundle reads the rows as they were learnt, and its signs hold."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.bundle import load_model, load_public_key
from ml.contract import load_contract
from ml.features.tables import matrix_from_tables
from ml.keys import PUBLIC_NAME
from ml.model import ScoringModel, model_from_files
from ml.raw_tables import find_table, find_training_table, read_applicants
from tests.golden.clients import CreditFile, as_tables, random_files

pytestmark = pytest.mark.slow
CLIENTS = 40
GREATEST = float(np.finfo(np.float32).max)


@pytest.fixture(scope="module")
def model(histories_bundle: Path) -> ScoringModel:
    return load_model(histories_bundle, load_public_key(histories_bundle.parent / PUBLIC_NAME))


@pytest.fixture(scope="module")
def clients(synthetic_tables: Path) -> list[CreditFile]:
    return [each.file for each in read_applicants(load_contract(), synthetic_tables, limit=CLIENTS)]


@pytest.fixture(scope="module")
def matrix(model, clients) -> np.ndarray:
    return np.vstack([model.features(client) for client in clients])


def test_portfolio_scores_like_its_files(model, matrix, synthetic_tables):
    contract = model.contract
    paths = {table.name: find_table(synthetic_tables, table.name) for table in contract.child_tables}
    paths[contract.root_table] = find_training_table(contract, synthetic_tables)
    together = model.matrix_of({name: path for name, path in paths.items() if path})
    assert together.values[:CLIENTS].tobytes() == matrix.tobytes()


def test_histories_count(model, clients, matrix):
    bare = np.vstack([model.features({"application": client["application"]}) for client in clients])
    assert (model.predict(bare).raw_margin != model.predict(matrix).raw_margin).mean() > 0.9


def test_several_rows_of_one_file_are_that_file_each(model, clients):
    first, second = clients[:2]
    rows = [first["application"], second["application"]]
    found = model.features_of(first, rows)
    assert found[:1].tobytes() == model.features(first).tobytes()
    assert found[1:].tobytes() == model.features(first | {"application": rows[1]}).tobytes()


def test_each_constrained_feature_moves_the_score_one_way_only(model, matrix):
    """Every split of a feature is crossed, in steps, for applicants of all kinds: none may go against its sign."""
    splits = _splits(model)
    features = [(place, feature) for place, feature in enumerate(model.specification.features) if feature.monotone]
    used = [(place, feature) for place, feature in features if splits.get(feature.name)]
    assert sum(feature.op == "aggregate" for _, feature in used) >= 20
    for place, feature in used:
        steps = _either_side(splits[feature.name])
        swept = np.repeat(matrix[:20], len(steps), axis=0)
        swept[:, place] = np.tile(steps, 20)
        margin = model.predict(swept).raw_margin.reshape(20, len(steps))
        assert np.all(np.diff(margin, axis=1) * feature.monotone >= -1e-12), feature.name


def _splits(model: ScoringModel) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    waiting = [tree["tree_structure"] for tree in model.booster.dump_model()["tree_info"]]
    while waiting:
        node = waiting.pop()
        if "split_feature" in node:
            # Beyond float32 a split parts the known from the missing.
            if node["decision_type"] == "<=" and abs(node["threshold"]) < GREATEST:
                name = model.feature_names[node["split_feature"]]
                found.setdefault(name, []).append(node["threshold"])
            waiting += [node["left_child"], node["right_child"]]
    return found


def _either_side(thresholds: list[float]) -> np.ndarray:
    known = np.unique(np.array(thresholds, dtype=np.float32))
    beyond = [known[:1] - 1, known[-1:] + 1]
    sides = [np.nextafter(known, np.float32(-np.inf)), np.nextafter(known, np.float32(np.inf))]
    return np.unique(np.concatenate([known, *sides, *beyond]))


def test_contributions_equal_those_of_shap(model, matrix):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

        expected = shap.TreeExplainer(model.booster).shap_values(matrix[:20])
    found = model.contributions(matrix[:20])
    np.testing.assert_allclose(found.values, expected, atol=1e-9)
    margin = model.predict(matrix[:20]).raw_margin
    np.testing.assert_allclose(found.base_value + found.values.sum(axis=1), margin, atol=1e-9)


def test_bundle_freezes_how_the_child_tables_were_read(model, clients):
    inputs = model.manifest["history_inputs"]
    assert set(inputs) == {history.table for history in model.specification.histories}
    assert inputs["bureau"]["CREDIT_ACTIVE"]["categories"] == list(
        load_contract().tables["bureau"].column("CREDIT_ACTIVE").categories
    )
    assert 365243 in inputs["previous_application"]["DAYS_TERMINATION"]["sentinels"]


def test_old_model_reads_child_rows_as_it_learnt_them(model, clients, histories_bundle):
    """As if the contract had another order of categories at the time: the codes differ, the features do not."""
    files = {path.name: path.read_bytes() for path in histories_bundle.iterdir()}
    manifest = json.loads(files["manifest.json"])
    column = manifest["history_inputs"]["bureau"]["CREDIT_TYPE"]
    column["categories"] = column["categories"][::-1]
    old = model_from_files(files | {"manifest.json": json.dumps(manifest).encode()}, "0" * 64)
    assert old.contract.tables["bureau"].column("CREDIT_TYPE").categories == tuple(column["categories"])
    for client in clients[:10]:
        np.testing.assert_allclose(old.features(client), model.features(client), rtol=1e-6)


def test_sentinel_unknown_to_an_old_model_is_a_value_to_it(model, histories_bundle):
    files = {path.name: path.read_bytes() for path in histories_bundle.iterdir()}
    manifest = json.loads(files["manifest.json"])
    manifest["history_inputs"]["previous_application"]["DAYS_TERMINATION"]["sentinels"] = []
    old = model_from_files(files | {"manifest.json": json.dumps(manifest).encode()}, "0" * 64)
    row = {"SK_ID_PREV": 1, "NAME_CONTRACT_STATUS": "Approved", "DAYS_DECISION": -9, "DAYS_TERMINATION": 365243}
    file = {"application": {"AMT_CREDIT": 1000.0}, "previous_application": [row]}
    assert not np.array_equal(old.features(file), model.features(file), equal_nan=True)


def test_unseen_categories_of_child_rows_are_named_where_the_model_reads_them(model):
    row = {"SK_ID_BUREAU": 1, "CREDIT_ACTIVE": "Active", "CREDIT_TYPE": "Lottery", "DAYS_CREDIT": -3}
    found = model.unseen({"application": {}, "bureau": [row]})
    assert [problem.pointer for problem in found] == ["/bureau/0/CREDIT_TYPE"]
    unread = replace(model.specification, histories=())
    assert replace(model, specification=unread).unseen({"application": {}, "bureau": [row]}) == []


def test_thin_file_scores(model, clients):
    thin = {"application": clients[0]["application"]}
    assert model.lacks_history(thin)
    assert not model.lacks_history(clients[0])
    assert 0 < model.predict(model.features(thin)).probability_of_default[0] < 1


def test_any_random_client_scores_alone_as_together(model):
    files = random_files(model.contract, 30, 8)
    together = matrix_from_tables(model.specification, model.contract, as_tables(model.contract, files)).values
    alone = np.vstack([model.features(file) for file in files])
    np.testing.assert_allclose(model.predict(alone).raw_margin, model.predict(together).raw_margin, atol=1e-9)
