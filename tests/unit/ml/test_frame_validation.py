"""Every kind of bad input in a table is named with its column, its rows and how many there are."""

import math

import pandas as pd
import pytest

from ml.validation import validate_frame
from tests.unit.ml.rows import CONTRACT, codes, frame_of


def test_frame_whole_has_no_problem():
    for table in CONTRACT.tables:
        assert validate_frame(CONTRACT, table, frame_of(table)) == []


@pytest.mark.parametrize(
    ("column", "values", "code"),
    [
        ("AMT_CREDIT", [1e5, 0, 1e5, 1e12, 1e5, 1e5], "out_of_range"),
        ("AMT_CREDIT", [1e5, None, 1e5, None, 1e5, 1e5], "missing"),
        ("AMT_CREDIT", [1e5, math.inf, 1e5, -math.inf, 1e5, 1e5], "not_finite"),
        ("AMT_CREDIT", [1e5, "1e5", 1e5, True, 1e5, 1e5], "wrong_type"),
        ("DAYS_BIRTH", [-9000, -9000.5, -9000, -9000.5, -9000, -9000], "wrong_type"),
        (
            "NAME_CONTRACT_TYPE",
            ["Cash loans", "cash loans", "Cash loans", "cash loans"] + ["Cash loans"] * 2,
            "unseen_category",
        ),
        ("ORGANIZATION_TYPE", ["Bank", "bank", "Bank", "bank", "New sector", "Bank"], "unseen_category"),
        ("NAME_CONTRACT_TYPE", ["Cash loans", 3, "Cash loans", 3, "Cash loans", "Cash loans"], "wrong_type"),
        ("SK_ID_CURR", [1, 1, 2, 2, 3, 4], "duplicate_id"),
    ],
)
def test_frame_names_column_rows_and_count(column, values, code):
    problems = validate_frame(CONTRACT, "application", frame_of(**{column: values}))
    assert codes(problems) == [(f"/application/{column}", code)]
    assert "2 rows (row 2, 4)" in problems[0].message
    assert column in problems[0].message


def test_frame_integer_beyond_any_float_is_refused():
    frame = frame_of(AMT_CREDIT=pd.Series([1e5, 10**400, 1e5, 1e5, 1e5, 1e5], dtype=object))
    assert [code for _, code in codes(validate_frame(CONTRACT, "application", frame))] == ["wrong_type"]


def test_frame_all_boolean_or_all_numeric_columns_are_refused():
    problems = validate_frame(CONTRACT, "application", frame_of(AMT_CREDIT=True, NAME_INCOME_TYPE=1))
    assert codes(problems) == [
        ("/application/AMT_CREDIT", "wrong_type"),
        ("/application/NAME_INCOME_TYPE", "wrong_type"),
    ]


def test_frame_of_the_wrong_shape_is_named():
    assert codes(validate_frame(CONTRACT, "application", frame_of().head(0))) == [("/application", "empty")]
    frame = frame_of(NEW=1).drop(columns="AMT_CREDIT")
    assert codes(validate_frame(CONTRACT, "application", frame)) == [
        ("/application/NEW", "unknown_column"),
        ("/application/AMT_CREDIT", "missing"),
    ]
    twice = pd.concat([frame_of(), frame_of()[["AMT_CREDIT"]]], axis=1)
    assert codes(validate_frame(CONTRACT, "application", twice)) == [("/application/AMT_CREDIT", "duplicate_id")]


def test_frame_target_is_needed_only_for_training():
    assert codes(validate_frame(CONTRACT, "application", frame_of(), require_target=True)) == [
        ("/application/TARGET", "missing")
    ]
    with_gaps = frame_of(TARGET=[0, 1, None, 0, 0, 1])
    assert validate_frame(CONTRACT, "application", with_gaps) == []
    assert codes(validate_frame(CONTRACT, "application", with_gaps, require_target=True)) == [
        ("/application/TARGET", "missing")
    ]


def test_frame_incomplete_needs_only_the_required_columns():
    names = [*CONTRACT.application.required_names, "SK_ID_CURR"]
    assert validate_frame(CONTRACT, "application", frame_of()[names], complete=False) == []


def test_frame_categorical_columns_are_checked():
    frame = frame_of(NAME_CONTRACT_TYPE=pd.Categorical(["Cash loans"] * 5 + ["cash loans"]))
    assert codes(validate_frame(CONTRACT, "application", frame)) == [
        ("/application/NAME_CONTRACT_TYPE", "unseen_category")
    ]
