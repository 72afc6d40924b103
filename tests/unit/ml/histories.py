"""Small histories and tables, and the plainest possible reading of what an aggregate means."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from ml.contract import Contract
from ml.features import Specification
from ml.features.histories import History
from ml.features.history_parsing import parse_histories
from ml.features.specification import _Builder

WORDS = {"label_en": "in English", "label_fr": "en français"}
EVERY = ["count", "sum", "min", "max", "mean", "std", "n_unique", "first", "last", "trend"]
ROW = {**WORDS, "unit": "count", "reason_code": "bureau_overdue"}

BALANCE: dict[str, Any] = {
    "table": "bureau_balance",
    "row": [
        {**ROW, "name": "late", "op": "map", "inputs": ["STATUS"], "values": {"0": 0, "1": 1, "5": 5}},
        {**ROW, "name": "closed", "op": "equals", "inputs": ["STATUS"], "value": "C"},
    ],
    "aggregate": [
        {"columns": ["late", "closed"], "functions": ["max", "sum"], "level": "parent"},
        {"columns": ["late"], "functions": ["count", "mean"]},
    ],
}
for _block in BALANCE["aggregate"]:
    _block["reason_code"] = "bureau_overdue"
BUREAU: dict[str, Any] = {
    "table": "bureau",
    "order": ["DAYS_CREDIT"],
    "row": [
        {**ROW, "name": "share", "op": "ratio", "inputs": ["AMT_CREDIT_SUM_DEBT", "AMT_CREDIT_SUM"]},
        {**ROW, "name": "overdue", "op": "at_least", "inputs": ["CREDIT_DAY_OVERDUE"], "value": 1},
    ],
    "filters": {
        "active": {**WORDS, "where": [["CREDIT_ACTIVE", "==", "Active"]]},
        "last2": {**WORDS, "last": 2},
        "active1": {**WORDS, "where": [["CREDIT_ACTIVE", "in", ["Active", "Sold"]]], "last": 1},
    },
    "aggregate": [
        {
            "columns": ["AMT_CREDIT_SUM", "share", "bureau_balance_late_max"],
            "functions": EVERY,
            "filters": ["all", "active", "last2", "active1"],
            "reason_code": "bureau_debt",
        },
        {"columns": ["overdue"], "functions": ["sum", "mean"], "reason_code": "bureau_debt", "empty": "null"},
        {"columns": ["CREDIT_TYPE", "SK_ID_BUREAU"], "functions": ["n_unique"], "reason_code": "bureau_debt"},
    ],
    "feature": [
        {
            **ROW,
            "name": "bureau_debt_to_income",
            "op": "ratio",
            "reason_code": "bureau_debt",
            "inputs": ["bureau_amt_credit_sum_sum", "AMT_INCOME_TOTAL"],
        },
    ],
}
FILES = {"bureau": BUREAU, "bureau_balance": BALANCE}
BUREAU_TYPES = {
    "SK_ID_CURR": pl.Int64,
    "SK_ID_BUREAU": pl.Int64,
    "CREDIT_ACTIVE": pl.String,
    "DAYS_CREDIT": pl.Int64,
    "AMT_CREDIT_SUM": pl.Float64,
    "AMT_CREDIT_SUM_DEBT": pl.Float64,
    "CREDIT_DAY_OVERDUE": pl.Int64,
    "CREDIT_TYPE": pl.String,
}
BALANCE_TYPES = {"SK_ID_BUREAU": pl.Int64, "MONTHS_BALANCE": pl.Int64, "STATUS": pl.String}


def specification_of(contract: Contract, files: dict[str, Any], columns: tuple[str, ...] = ()) -> Specification:
    """The specification of a product with those histories."""
    return _Builder(contract, parse_histories(contract, files)).build({"version": "1", "columns": list(columns)})


def bureau(*rows: tuple[Any, ...]) -> pl.LazyFrame:
    """Rows in the order of ``BUREAU_TYPES``."""
    return pl.LazyFrame(list(rows), schema=BUREAU_TYPES, orient="row")


def balance(*rows: tuple[Any, ...]) -> pl.LazyFrame:
    """Rows in the order of ``BALANCE_TYPES``."""
    return pl.LazyFrame(list(rows), schema=BALANCE_TYPES, orient="row")


def applications(*keys: int) -> pl.LazyFrame:
    """Applications with an income of 100 each."""
    return pl.LazyFrame({"SK_ID_CURR": list(keys), "AMT_INCOME_TOTAL": [100.0] * len(keys)})


def by_hand(history: History, rows: list[dict[str, Any]]) -> dict[str, float]:
    """The application-level aggregates of one applicant's rows, value by value; row columns are among them already."""
    tests = {
        "==": lambda a, b: a == b,
        "!=": lambda a, b: a != b,
        "in": lambda a, b: a in b,
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }
    rows = sorted(rows, key=lambda row: [(row[name] is not None, row[name]) for name in history.order])
    answer = {}
    for each in (each for each in history.aggregates if each.level == "application"):
        rule = history.filter_by_name[each.filter]
        kept = [
            row
            for row in rows
            if all(row[c.column] is not None and tests[c.op](row[c.column], c.value) for c in rule.where)
        ]
        kept = kept[-rule.last :] if rule.last else kept
        values = (
            [row[each.column] for row in kept if row[each.column] is not None] if each.column else [1.0] * len(kept)
        )
        answer[each.name] = _aggregate(each.function, values, math.nan if each.empty is None else each.empty)
    return answer


def _aggregate(function: str, values: list[Any], empty: float) -> float:
    if not values:
        return empty
    number = len(values)
    if function in ("count", "n_unique"):
        return float(number if function == "count" else len(set(values)))
    mean = sum(values) / number
    if function == "trend":
        spread = sum((place - (number - 1) / 2) ** 2 for place in range(number))
        slope = sum((place - (number - 1) / 2) * (value - mean) for place, value in enumerate(values))
        return slope / spread if number > 1 else math.nan
    simple = {"sum": sum(values), "min": min(values), "max": max(values), "mean": mean}
    simple |= {"first": values[0], "last": values[-1]}
    simple["std"] = math.sqrt(sum((value - mean) ** 2 for value in values) / number)
    return float(simple[function])
