import copy
import json
from dataclasses import replace

import pytest

from ml.errors import ContractError
from ml.features import Specification
from ml.features.history_parsing import parse_histories, read_histories
from tests.unit.ml.histories import BALANCE, BUREAU, FILES, ROW, WORDS, specification_of


def changed(**parts):
    return {"bureau": {**copy.deepcopy(BUREAU), **parts}, "bureau_balance": copy.deepcopy(BALANCE)}


def a_row(**parts):
    return changed(row=[{**ROW, "name": "new", "op": "ratio", "inputs": ["AMT_CREDIT_SUM", "AMT_ANNUITY"], **parts}])


def a_filter(**parts):
    return changed(filters={**BUREAU["filters"], "new": {**WORDS, **parts}})


def a_block(**parts):
    block = {"columns": ["AMT_CREDIT_SUM"], "functions": ["mean"], "reason_code": "bureau_debt", **parts}
    return changed(aggregate=[block], feature=[])


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"cars": {"table": "cars"}}, "not the child table"),
        ({"bureau": {"table": "bureau_balance"}}, "not the child table"),
        (changed(rows=[]), "unknown key 'rows'"),
        (changed(order=[]), "need an order"),
        (changed(order=["SHOE_SIZE"]), "unknown column SHOE_SIZE"),
        (changed(order=["DAYS_CREDIT", "DAYS_CREDIT"]), "twice"),
        (a_row(op="power"), "unknown operator 'power'"),
        (a_row(inputs=["AMT_CREDIT_SUM"]), "does not take 1"),
        (a_row(inputs=["AMT_CREDIT_SUM", "SHOE_SIZE"]), "unknown column SHOE_SIZE"),
        (a_row(inputs=["AMT_CREDIT_SUM", "CREDIT_ACTIVE"]), "is a category"),
        (a_row(inputs=["AMT_CREDIT_SUM", "SK_ID_BUREAU"]), "is an identifier"),
        (a_row(name="AMT_CREDIT_SUM"), "twice"),
        (a_row(weights=[1, -1]), "positive weight"),
        (a_row(reason_code="mood"), "unknown reason"),
        (a_row(op="equals", inputs=["CREDIT_ACTIVE"]), "needs a value"),
        (a_row(op="equals", inputs=["CREDIT_ACTIVE"], value="active"), "not a category"),
        (a_row(op="at_least", inputs=["CREDIT_ACTIVE"], value=1), "is a category"),
        (a_row(op="at_least", inputs=["AMT_ANNUITY"], value="much"), "compared with a number"),
        (a_row(op="one_of", inputs=["CREDIT_ACTIVE"], values=[]), "needs values"),
        (a_row(op="map", inputs=["CREDIT_ACTIVE"], values={"active": 1}), "not a category"),
        (a_row(op="clip", inputs=["AMT_ANNUITY"]), "minimum or a maximum"),
        (a_filter(), "the filter all"),
        (a_filter(last=0), "whole number from 1"),
        (a_filter(where=[["AMT_ANNUITY", ">"]]), "a condition is"),
        (a_filter(where=[["AMT_ANNUITY", "~", 1]]), "unknown operator '~'"),
        (a_filter(where=[["CREDIT_ACTIVE", ">", "Active"]]), "is a category"),
        (a_filter(where=[["CREDIT_ACTIVE", "==", "active"]]), "not a category"),
        (a_filter(where=[["CREDIT_ACTIVE", "in", "Active"]]), "takes a list"),
        (a_filter(where=[["AMT_ANNUITY", "==", [1]]]), "takes a list"),
        (changed(filters={"new": {"last": 1}}), "label_en is missing"),
        (a_block(functions=["median"]), "unknown function 'median'"),
        (a_block(filters=["open"]), "unknown filter 'open'"),
        (a_block(columns=[]), "columns are needed"),
        (a_block(columns=["SHOE_SIZE"]), "unknown column SHOE_SIZE"),
        (a_block(columns=["CREDIT_ACTIVE"]), "mean needs a number"),
        (a_block(columns=["SK_ID_BUREAU"]), "only n_unique"),
        (a_block(columns=["AMT_CREDIT_SUM", "AMT_CREDIT_SUM"]), "twice"),
        (a_block(level="parent"), "its parent is the application"),
        (a_block(level="branch"), "application or parent"),
        (a_block(monotone=2), "-1, 0 or 1"),
        (a_block(empty="none"), "a number or"),
        (a_block(reason_code="mood"), "unknown reason"),
    ],
)
def test_what_is_wrong_is_refused_by_file_and_name(contract, files, why):
    with pytest.raises(ContractError, match=why) as caught:
        parse_histories(contract, files)
    assert caught.value.code == "features_unreadable"
    assert caught.value.message.startswith("histories/")


def test_a_protected_column_is_refused(contract):
    table = contract.tables["bureau"]
    columns = tuple(replace(each, protected=each.name == "AMT_ANNUITY") for each in table.columns)
    guarded = replace(contract, tables={**contract.tables, "bureau": replace(table, columns=columns)})
    with pytest.raises(ContractError, match="AMT_ANNUITY is protected"):
        parse_histories(guarded, a_block(columns=["AMT_ANNUITY"]))


def test_tables_that_are_each_others_parents_are_refused(contract):
    tables = {**contract.tables, "bureau": replace(contract.tables["bureau"], parent="bureau_balance")}
    with pytest.raises(ContractError, match="form a cycle"):
        parse_histories(replace(contract, tables=tables), FILES)


def test_a_file_that_is_no_toml_is_named(contract, tmp_path):
    (tmp_path / "bureau.toml").write_text("table = ", encoding="utf-8")
    with pytest.raises(ContractError, match=r"histories/bureau\.toml"):
        read_histories(contract, tmp_path)


def test_a_product_without_histories_has_none(contract, tmp_path):
    assert read_histories(contract, tmp_path).histories == ()


def test_words_are_composed_in_both_languages(contract):
    specification = specification_of(contract, FILES)
    feature = specification.feature("bureau_active_share_mean")
    assert "in English" in feature.label_en
    assert "en français" in feature.label_fr
    assert feature.op == "aggregate"
    assert feature.inputs == ("bureau", "share")
    assert feature.reason_code == "bureau_debt"


def test_what_leans_on_a_forbidden_column_is_never_a_reason(contract):
    block = {"columns": ["AMT_CREDIT_SUM"], "functions": ["mean"], "reason_code": "bureau_debt"}
    files = {"bureau": {"table": "bureau", "aggregate": [{**block, "reason_allowed": False}]}}
    feature = specification_of(contract, files).features[0]
    assert not feature.reason_allowed
    assert feature.reason_code == ""


def test_the_order_is_total_and_parents_come_after_their_children(contract):
    histories = specification_of(contract, FILES).histories
    assert [each.table for each in histories] == ["bureau_balance", "bureau"]
    order = histories[1].order
    assert order[0] == "DAYS_CREDIT"
    assert set(histories[1].columns) <= set(order)
    assert histories[0].order == ()


def test_the_specification_survives_the_manifest(contract):
    specification = specification_of(contract, FILES, ("AMT_INCOME_TOTAL",))
    entry = json.loads(json.dumps({"product": specification.product, **specification.as_dict()}))
    assert Specification.from_dict(entry) == specification
    old = {key: value for key, value in entry.items() if key != "histories"}
    assert Specification.from_dict({**old, "features": []}).histories == ()


def test_without_leaves_only_what_is_needed(contract):
    specification = specification_of(contract, FILES)
    kept = "bureau_active_bureau_balance_late_max_max"
    rest = specification.without(set(specification.names) - {kept})
    balance, bureau = rest.histories
    assert [each.name for each in balance.aggregates] == ["bureau_balance_late_max"]
    assert [row.name for row in balance.rows] == ["late"]
    assert [each.name for each in bureau.filters] == ["active"]
    assert bureau.rows == ()
    assert bureau.order == ()
    assert specification.without(set(specification.names)).histories == ()
