"""Whatever rows an applicant has, the two compilers give the same: empty tables, nulls, one row, ties, extremes."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ml.contract import load_contract
from ml.errors import ContractError
from ml.features.one_file import FilePlan
from ml.features.tables import matrix_from_tables
from tests.golden.clients import CreditFile
from tests.unit.ml.histories import BALANCE_TYPES, BUREAU_TYPES, FILES, specification_of

CONTRACT = load_contract()
SPECIFICATION = specification_of(CONTRACT, FILES, ("AMT_INCOME_TOTAL",))
PLAN = FilePlan(SPECIFICATION, CONTRACT)
# Where sums cancel out, the order of additions is what is left of them.
RELATIVE, CANCELLED = 2.0**-22, 1e-11

amounts = st.none() | st.sampled_from([0.0, 1.0, 1e-3, 585_000_000.0]) | st.floats(0, 585_000_000, width=32)
credits = st.fixed_dictionaries(
    {
        "SK_ID_BUREAU": st.integers(1, 6),
        "CREDIT_ACTIVE": st.none() | st.sampled_from(["Active", "Closed", "Sold", "Bad debt"]),
        "DAYS_CREDIT": st.none() | st.integers(-4, 0),
        "AMT_CREDIT_SUM": amounts,
        "AMT_CREDIT_SUM_DEBT": amounts | st.floats(-4_705_600, 0, width=32),
        "CREDIT_DAY_OVERDUE": st.none() | st.integers(0, 2),
        "CREDIT_TYPE": st.none() | st.sampled_from(["Mortgage", "Credit card", "never seen"]),
    }
)
months = st.fixed_dictionaries(
    {
        "SK_ID_BUREAU": st.integers(1, 6),
        "MONTHS_BALANCE": st.integers(-5, 0),
        "STATUS": st.none() | st.sampled_from(["0", "1", "5", "C", "X"]),
    }
)


@st.composite
def files(draw: st.DrawFn) -> CreditFile:
    """An applicant whose credits have keys of their own; balances may have no credit."""
    rows = draw(st.lists(credits, max_size=6, unique_by=lambda row: row["SK_ID_BUREAU"]))
    balances = draw(st.lists(months, max_size=12))
    income = draw(st.none() | st.floats(25_000, 1e8, width=32))
    return {"application": {"AMT_INCOME_TOTAL": income}, "bureau": rows, "bureau_balance": balances}


def portfolio(clients: list[CreditFile]) -> np.ndarray:
    """All of them at once, each with keys of its own."""
    rows: dict[str, list[dict[str, Any]]] = {"application": [], "bureau": [], "bureau_balance": []}
    for number, client in enumerate(clients, start=1):
        rows["application"].append(client["application"] | {"SK_ID_CURR": number})
        for name in ("bureau", "bureau_balance"):
            keys = {"SK_ID_CURR": number} if name == "bureau" else {}
            rows[name] += [
                row | keys | {"SK_ID_BUREAU": number * 10 + row["SK_ID_BUREAU"]} for row in client.get(name, ())
            ]
    application = {"SK_ID_CURR": pl.Int64, "AMT_INCOME_TOTAL": pl.Float64}
    schemas = {"application": application, "bureau": BUREAU_TYPES, "bureau_balance": BALANCE_TYPES}
    tables = {name: pl.LazyFrame(rows[name], schema=schema) for name, schema in schemas.items()}
    return matrix_from_tables(SPECIFICATION, CONTRACT, tables).values


def assert_same(alone: np.ndarray, together: np.ndarray, clients: list[CreditFile]) -> None:
    largest = max(
        (row[name] or 0 for each in clients for row in each.get("bureau", ()) for name in _AMOUNTS), default=0
    )
    for place, name in enumerate(SPECIFICATION.names):
        one, other = alone[:, place], together[:, place]
        # Sums of shares of tiny amounts are huge themselves; amounts cancel on the scale of the largest.
        np.testing.assert_allclose(one, other, rtol=RELATIVE, atol=CANCELLED * _scale(one, largest), err_msg=name)


_AMOUNTS = ("AMT_CREDIT_SUM", "AMT_CREDIT_SUM_DEBT")


def _scale(values: np.ndarray, largest: float) -> float:
    known = np.abs(values[np.isfinite(values)])
    return max(largest, float(known.max(initial=1.0)))


ROW = {name: None for name in BUREAU_TYPES if name != "SK_ID_CURR"}
TIED = [
    ROW | {"SK_ID_BUREAU": 2, "DAYS_CREDIT": -1, "AMT_CREDIT_SUM": 7.0},
    ROW | {"SK_ID_BUREAU": 1, "DAYS_CREDIT": -1, "AMT_CREDIT_SUM": 3.0},
]


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(files(), min_size=1, max_size=4))
@example([{"application": {}}])
@example([{"application": {}, "bureau": [ROW | {"SK_ID_BUREAU": 1}]}])
@example([{"application": {}, "bureau": TIED}, {"application": {}, "bureau": TIED[::-1]}])
@example([{"application": {}, "bureau_balance": [{"SK_ID_BUREAU": 1, "MONTHS_BALANCE": -1, "STATUS": "5"}]}])
def test_one_file_gets_what_the_portfolio_gets(clients):
    alone = np.vstack([PLAN.matrix(client) for client in clients])
    assert alone.dtype == np.float32
    assert_same(alone, portfolio(clients), clients)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(files(), st.randoms(use_true_random=False))
def test_order_of_the_rows_in_a_file_does_not_count(client, rng):
    turned = {name: rows if isinstance(rows, dict) else rng.sample(rows, len(rows)) for name, rows in client.items()}
    assert_same(PLAN.matrix(turned), PLAN.matrix(client), [client])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(files())
def test_counts_are_those_of_the_rows(client):
    found = dict(zip(SPECIFICATION.names, PLAN.matrix(client)[0].tolist(), strict=True))
    keys = {row["SK_ID_BUREAU"] for row in client["bureau"]}
    assert found["bureau_count"] == len(client["bureau"])
    assert found["bureau_active_count"] == sum(row["CREDIT_ACTIVE"] == "Active" for row in client["bureau"])
    assert found["bureau_last2_count"] == min(2, len(client["bureau"]))
    assert found["bureau_balance_count"] == sum(row["SK_ID_BUREAU"] in keys for row in client["bureau_balance"])


def test_a_category_the_contract_forbids_is_refused_with_its_place():
    file = {"application": {}, "bureau": [ROW | {"SK_ID_BUREAU": 1, "CREDIT_ACTIVE": "active"}]}
    with pytest.raises(ContractError) as caught:
        PLAN.matrix(file)
    assert caught.value.code == "unseen_category"
    assert caught.value.problems[0].pointer == "/bureau/CREDIT_ACTIVE"


@pytest.mark.parametrize(
    ("table", "row", "pointer"),
    [
        ("application", {"AMT_INCOME_TOTAL": "much"}, "/application/AMT_INCOME_TOTAL"),
        ("bureau", ROW | {"SK_ID_BUREAU": 1, "AMT_CREDIT_SUM_DEBT": "little"}, "/bureau/AMT_CREDIT_SUM_DEBT"),
    ],
)
def test_a_number_that_is_none_is_refused_with_its_place(table, row, pointer):
    file = {"application": {}} | {table: row if table == "application" else [row]}
    with pytest.raises(ContractError) as caught:
        PLAN.matrix(file)
    assert caught.value.code == "wrong_type"
    assert caught.value.problems[0].pointer == pointer


def test_without_an_application_there_is_nothing_to_score():
    with pytest.raises(ContractError) as caught:
        PLAN.matrix({"bureau": []})
    assert caught.value.code == "application_missing"
