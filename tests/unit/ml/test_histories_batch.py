import math
import random

import numpy as np
import polars as pl
import pytest

from ml.errors import ContractError
from ml.features import Specification, build_matrix
from ml.features.tables import matrix_from_tables
from tests.unit.ml.histories import (
    BALANCE_TYPES,
    BUREAU_TYPES,
    FILES,
    applications,
    balance,
    bureau,
    by_hand,
    specification_of,
)

NAN = math.nan
ACTIVE, CLOSED = "Active", "Closed"


@pytest.fixture(scope="module")
def histories(contract) -> Specification:
    return specification_of(contract, FILES, ("AMT_INCOME_TOTAL",))


def features(specification, contract, tables) -> list[dict[str, float]]:
    matrix = matrix_from_tables(specification, contract, tables).values
    return [dict(zip(specification.names, map(float, row), strict=True)) for row in matrix]


ROWS = bureau(
    (1, 11, ACTIVE, -30, 100.0, 50.0, 0, "Credit card"),
    (1, 12, CLOSED, -20, 300.0, None, 2, "Credit card"),
    (1, 13, ACTIVE, -10, None, 10.0, 0, "Mortgage"),
    (1, 14, ACTIVE, -40, 200.0, 0.0, 3, None),
    (2, 21, CLOSED, -5, 70.0, 7.0, None, "Mortgage"),
    (3, 31, CLOSED, -5, None, None, None, None),
    (9, 91, ACTIVE, -5, 1000.0, 1000.0, 9, "Mortgage"),
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Applicant 1 has four credits, 2 one, 3 one without any amount, 4 none; 9 is nobody's.
        ("bureau_count", [4, 1, 1, 0]),
        ("bureau_active_count", [3, 0, 0, 0]),
        ("bureau_last2_count", [2, 1, 1, 0]),
        ("bureau_amt_credit_sum_sum", [600, 70, 0, 0]),
        ("bureau_amt_credit_sum_mean", [200, 70, NAN, NAN]),
        ("bureau_amt_credit_sum_std", [math.sqrt(20000 / 3), 0, NAN, NAN]),
        ("bureau_amt_credit_sum_n_unique", [3, 1, 0, 0]),
        ("bureau_amt_credit_sum_first", [200, 70, NAN, NAN]),
        ("bureau_amt_credit_sum_last", [300, 70, NAN, NAN]),
        ("bureau_amt_credit_sum_trend", [50, NAN, NAN, NAN]),
        ("bureau_active_amt_credit_sum_max", [200, NAN, NAN, NAN]),
        ("bureau_active_amt_credit_sum_trend", [-100, NAN, NAN, NAN]),
        ("bureau_last2_amt_credit_sum_sum", [300, 70, 0, 0]),
        ("bureau_active1_amt_credit_sum_sum", [0, 0, 0, 0]),
        ("bureau_active1_share_count", None),
        ("bureau_share_max", [0.5, 0.1, NAN, NAN]),
        ("bureau_overdue_sum", [2, NAN, NAN, NAN]),
        ("bureau_overdue_mean", [0.5, NAN, NAN, NAN]),
        ("bureau_credit_type_n_unique", [2, 1, 0, 0]),
        ("bureau_sk_id_bureau_n_unique", [4, 1, 1, 0]),
        ("bureau_debt_to_income", [6, 0.7, 0, 0]),
    ],
)
def test_aggregates_by_hand(histories, contract, name, expected):
    tables = {"application": applications(1, 2, 3, 4), "bureau": ROWS}
    if expected is None:
        assert name not in histories.names
        return
    found = [row[name] for row in features(histories, contract, tables)]
    np.testing.assert_allclose(found, np.float32(expected), rtol=1e-6)


def test_grandchildren_reach_their_applicant_through_their_parent(histories, contract):
    months = balance((11, -2, "0"), (11, -1, "5"), (12, -1, "C"), (21, -1, "X"), (91, -1, "5"), (99, -1, "5"))
    tables = {"application": applications(1, 2, 3), "bureau": ROWS, "bureau_balance": months}
    first, second, third = features(histories, contract, tables)
    assert first["bureau_bureau_balance_late_max_max"] == 5
    assert first["bureau_bureau_balance_late_max_n_unique"] == 1
    assert math.isnan(second["bureau_bureau_balance_late_max_max"])
    assert [row["bureau_balance_count"] for row in (first, second, third)] == [3, 1, 0]
    assert first["bureau_balance_late_mean"] == 2.5


def test_matrix_follows_the_application_table_and_repeats_nothing(histories, contract):
    tables = {"application": applications(4, 2, 1), "bureau": ROWS}
    answer = matrix_from_tables(histories, contract, tables)
    assert answer.ids.tolist() == [4, 2, 1]
    assert answer.values.dtype == np.float32
    place = histories.names.index("bureau_count")
    assert answer.values[:, place].tolist() == [0, 1, 4]


def test_a_table_that_is_not_there_is_a_table_without_rows(histories, contract):
    without = matrix_from_tables(histories, contract, {"application": applications(1, 2)}).values
    empty = {"application": applications(1, 2), "bureau": bureau(), "bureau_balance": balance()}
    np.testing.assert_array_equal(matrix_from_tables(histories, contract, empty).values, without)
    columns = {"AMT_INCOME_TOTAL": [100.0, 100.0]}
    np.testing.assert_array_equal(build_matrix(histories, contract, columns), without)


def test_a_bureau_without_its_balances_has_credits_without_months(histories, contract):
    tables = {"application": applications(1), "bureau": ROWS}
    (first,) = features(histories, contract, tables)
    with_empty = features(histories, contract, {**tables, "bureau_balance": balance()})
    assert first["bureau_balance_count"] == 0
    np.testing.assert_array_equal(list(first.values()), list(with_empty[0].values()))


def test_ties_are_broken_by_value_in_any_order_of_the_rows(histories, contract):
    tied = [(1, 10 + n, ACTIVE, -7, amount, 1.0, 0, "Mortgage") for n, amount in enumerate([5.0, None, 3.0, 9.0])]
    answers = set()
    for seed in range(6):
        random.Random(seed).shuffle(tied)
        (row,) = features(histories, contract, {"application": applications(1), "bureau": bureau(*tied)})
        answers.add(tuple(str(value) for value in row.values()))
    assert len(answers) == 1


def test_equal_values_have_no_spread_and_no_trend(histories, contract):
    rows = [(1, 10 + n, ACTIVE, -7 - n, 0.1, 0.03, 0, "Mortgage") for n in range(30)]
    (row,) = features(histories, contract, {"application": applications(1), "bureau": bureau(*rows)})
    for column in ("amt_credit_sum", "share"):
        assert row[f"bureau_{column}_std"] == 0.0
        assert row[f"bureau_{column}_trend"] == 0.0


def test_random_clients_equal_the_plain_reading(histories, contract):
    rows = _random_rows(random.Random(7), clients=40)
    tables = {"application": applications(*range(40)), "bureau": bureau(*rows)}
    history = next(each for each in histories.histories if each.table == "bureau")
    for client, found in enumerate(features(histories, contract, tables)):
        own = [_with_row_columns(dict(zip(BUREAU_TYPES, row, strict=True))) for row in rows if row[0] == client]
        expected = by_hand(history, own)
        given = [found[name] for name in expected]
        np.testing.assert_allclose(
            given, np.float32(list(expected.values())), rtol=1e-5, atol=1e-6, err_msg=str(client)
        )


def _random_rows(rng, clients):
    def maybe(value):
        return None if rng.random() < 0.2 else value

    return [
        (
            client,
            client * 100 + number,
            rng.choice([ACTIVE, CLOSED, "Sold"]),
            -rng.randint(0, 5),
            maybe(float(rng.randint(0, 6))),
            maybe(rng.random()),
            maybe(rng.randint(0, 2)),
            maybe(rng.choice(["Mortgage", "Credit card"])),
        )
        for client in range(clients)
        for number in range(rng.choice([0, 1, 2, 3, 12]))
    ]


def _with_row_columns(row):
    debt, amount, days = row["AMT_CREDIT_SUM_DEBT"], row["AMT_CREDIT_SUM"], row["CREDIT_DAY_OVERDUE"]
    row["share"] = debt / amount if debt is not None and amount else None
    row["overdue"] = None if days is None else float(days >= 1)
    return row | {"bureau_balance_late_max": None}


def test_sorting_in_shares_gives_the_same(histories, contract, monkeypatch):
    rows = _random_rows(random.Random(3), clients=30)
    only = specification_of(contract, {"bureau": _without_balances()})
    tables = {"application": applications(*range(30)), "bureau": bureau(*rows)}
    whole = matrix_from_tables(only, contract, tables).values
    monkeypatch.setattr("ml.features.tables.SORTED_ROWS", 20)
    np.testing.assert_array_equal(matrix_from_tables(only, contract, tables).values, whole)


def _without_balances():
    raw = {key: value for key, value in FILES["bureau"].items() if key != "feature"}
    block = {**raw["aggregate"][0], "columns": ["AMT_CREDIT_SUM", "share"]}
    return {**raw, "aggregate": [block]}


def test_an_unseen_category_is_refused_or_missing_as_the_contract_says(histories, contract):
    tables = {"application": applications(1), "bureau": bureau((1, 11, "active", -3, 1.0, 1.0, 0, "Mortgage"))}
    with pytest.raises(ContractError) as caught:
        matrix_from_tables(histories, contract, tables)
    assert caught.value.code == "unseen_category"
    assert caught.value.problems[0].pointer == "/bureau/CREDIT_ACTIVE"
    tables["bureau"] = bureau((1, 11, ACTIVE, -3, 1.0, 1.0, 0, "Lottery"))
    assert features(histories, contract, tables)[0]["bureau_credit_type_n_unique"] == 0


def test_csv_and_parquet_give_the_same(histories, contract, tmp_path):
    tables = {"application": applications(1, 2, 3), "bureau": ROWS, "bureau_balance": balance((11, -1, "1"))}
    for suffix, write in ((".parquet", "write_parquet"), (".csv", "write_csv")):
        for name, frame in tables.items():
            getattr(frame.collect(), write)(tmp_path / f"{name}{suffix}")
    parquet, csv = (
        matrix_from_tables(histories, contract, {name: tmp_path / f"{name}{suffix}" for name in tables}).values
        for suffix in (".parquet", ".csv")
    )
    np.testing.assert_array_equal(parquet, csv)
    np.testing.assert_array_equal(parquet, matrix_from_tables(histories, contract, tables).values)


def test_a_sentinel_is_missing(contract):
    block = {"columns": ["DAYS_TERMINATION"], "functions": ["max", "count"], "reason_code": "previous_recency"}
    specification = specification_of(
        contract, {"previous_application": {"table": "previous_application", "aggregate": [block]}}
    )
    rows = pl.LazyFrame({"SK_ID_CURR": [1, 1, 2], "DAYS_TERMINATION": [365243.0, -9.0, 365243.0]})
    first, second = features(specification, contract, {"application": applications(1, 2), "previous_application": rows})
    assert first["previous_application_days_termination_max"] == -9
    assert math.isnan(second["previous_application_days_termination_max"])
    assert second["previous_application_count"] == 1


def test_without_an_application_table_nothing_is_built(histories, contract):
    with pytest.raises(ContractError) as caught:
        matrix_from_tables(histories, contract, {"bureau": ROWS})
    assert caught.value.code == "table_missing"


def test_balance_types_are_the_contracts(contract):
    assert set(BALANCE_TYPES) == set(contract.tables["bureau_balance"].by_name)
