"""Holds a whole table against the data contract, column by column."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.contract_types import MAX_UNSEEN_LENGTH, Column, Contract, Table
from ml.errors import Problem
from ml.value_checks import pointer_to, problem, show

Mask = npt.NDArray[np.bool_]
ROWS_NAMED = 5


def validate_frame(
    contract: Contract, table: str, frame: pd.DataFrame, *, require_target: bool = False, complete: bool = True
) -> list[Problem]:
    """Return everything wrong with a table: one problem per column and kind, naming the first rows.

    Parameters: ``table`` of the contract that ``frame`` is; ``require_target`` for training;
    ``complete`` asks for every column of the table, otherwise only for the required ones and the
    identifier. Rows are numbered from 1, without the header.

    Returns: problems whose pointer is ``/<table>/<column>``; an empty list when all rows fit.

    >>> import pandas as pd
    >>> from ml.contract import load_contract
    >>> frame = pd.DataFrame({"SK_ID_BUREAU": [7], "MONTHS_BALANCE": [5], "STATUS": ["C"]})
    >>> validate_frame(load_contract(), "bureau_balance", frame)[0].code
    'out_of_range'
    """
    entry = contract.tables[table]
    found = list(_shape(contract, entry, frame, require_target=require_target, complete=complete))
    if any(one.code == "empty" for one in found):
        return found
    for column in entry.columns:
        if list(frame.columns).count(column.name) == 1:
            may_be_null = column.nullable and not (require_target and column.name == contract.target)
            found += _column_problems(column, frame[column.name], may_be_null=may_be_null)
    return found + list(_duplicates(entry, frame))


def _shape(
    contract: Contract, table: Table, frame: pd.DataFrame, *, require_target: bool, complete: bool
) -> Iterator[Problem]:
    names = [str(name) for name in frame.columns]
    expected = expected_columns(contract, table, require_target=require_target, complete=complete)
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(pointer_to(table.name, name), "duplicate_id", f"Column {name} is there more than once.")
    for name in names:
        if name not in table.by_name:
            yield Problem(pointer_to(table.name, name), "unknown_column", f"Column {show(name)} is not known.")
    for name in expected:
        if name not in names:
            yield Problem(pointer_to(table.name, name), "missing", f"Column {name} is missing.")
    if frame.empty and table.name == contract.root_table:
        yield Problem(pointer_to(table.name), "empty", f"Table {table.name} has no rows.")


def expected_columns(contract: Contract, table: Table, *, require_target: bool, complete: bool) -> list[str]:
    """Return the names of the columns that a frame of ``table`` must have."""
    keys = {table.key, table.parent_key}
    names = [c.name for c in table.columns if complete or c.required or c.name in keys]
    return [name for name in names if name != contract.target or require_target]


def _column_problems(column: Column, values: pd.Series[Any], *, may_be_null: bool) -> Iterator[Problem]:
    missing = values.isna().to_numpy()
    if missing.any() and not may_be_null:
        yield _report(column, missing, "missing", "no value")
    if column.dtype == "category":
        yield from _category_problems(column, values, missing)
    else:
        yield from _number_problems(column, values, missing)


def _category_problems(column: Column, values: pd.Series[Any], missing: Mask) -> Iterator[Problem]:
    if values.dtype == object:
        wrong = values.map(lambda value: not isinstance(value, str)).to_numpy(dtype=bool) & ~missing
    elif pd.api.types.is_string_dtype(values.dtype) or isinstance(values.dtype, pd.CategoricalDtype):
        wrong = np.zeros(len(values), dtype=bool)
    else:
        wrong = ~missing
    if wrong.any():
        yield _report(column, wrong, "wrong_type", "not a text")
    texts = values[~wrong & ~missing]
    unknown = [value for value in texts.unique() if not lets_pass(column, str(value))]
    for value in unknown[:ROWS_NAMED]:
        rows = values.isin([value]).to_numpy(dtype=bool)
        meant = column.folded_categories.get(str(value).strip().casefold())
        hint = f"; did you mean {show(meant)}?" if meant else ""
        yield _report(column, rows, "unseen_category", f"{show(value)} is not a known value", hint)


def lets_pass(column: Column, value: str) -> bool:
    """Whether a category may stand: a known one, or a new one where the contract allows it and nothing is misspelt."""
    if value in column.category_set:
        return True
    misspelt = value.strip().casefold() in column.folded_categories
    return column.unseen_allowed and not misspelt and len(value.strip()) > 0 and len(value) <= MAX_UNSEEN_LENGTH


def _number_problems(column: Column, values: pd.Series[Any], missing: Mask) -> Iterator[Problem]:
    wrong = _not_numbers(values, missing)
    if wrong.any():
        yield _report(column, wrong, "wrong_type", "not a number")
    numbers = pd.to_numeric(values.where(~(wrong | missing)), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    infinite = np.isinf(numbers)
    if infinite.any():
        yield _report(column, infinite, "not_finite", "not a finite number")
    usable = np.isfinite(numbers)
    fraction = usable & (numbers != np.round(numbers))
    if column.dtype != "float" and fraction.any():
        yield _report(column, fraction, "wrong_type", "not a whole number")
    beyond = usable & ~_in_range(column, numbers)
    if beyond.any():
        worst = f"from {np.min(numbers[beyond]):.12g} to {np.max(numbers[beyond]):.12g}"
        yield _report(column, beyond, "out_of_range", f"outside the allowed range ({worst})")


def _not_numbers(values: pd.Series[Any], missing: Mask) -> Mask:
    if pd.api.types.is_bool_dtype(values.dtype):
        return ~missing
    if pd.api.types.is_numeric_dtype(values.dtype):
        return np.zeros(len(values), dtype=bool)
    wrong = values.map(lambda value: not _is_number(value))
    not_numbers: Mask = wrong.to_numpy(dtype=bool) & ~missing
    return not_numbers


def _is_number(value: Any) -> bool:
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        return False
    # A longer integer has no float, and a column of numbers is one of floats.
    return not isinstance(value, int) or abs(value) < 10**300


def _in_range(column: Column, numbers: npt.NDArray[np.float64]) -> Mask:
    if column.minimum is None or column.maximum is None:
        return np.ones(len(numbers), dtype=bool)
    inside: Mask = (numbers >= column.minimum) & (numbers <= column.maximum)
    special: Mask = np.isin(numbers, column.sentinels)
    return inside | special


def _duplicates(table: Table, frame: pd.DataFrame) -> Iterator[Problem]:
    if table.key and list(frame.columns).count(table.key) == 1:
        keys = frame[table.key]
        again = (keys.duplicated(keep="first") & keys.notna()).to_numpy()
        if again.any():
            yield _report(table.column(table.key), again, "duplicate_id", "already used in an earlier row")


def _report(column: Column, rows: Mask, code: str, what: str, hint: str = "") -> Problem:
    numbers = np.flatnonzero(rows) + 1
    named = ", ".join(str(number) for number in numbers[:ROWS_NAMED])
    more = ", ..." if len(numbers) > ROWS_NAMED else ""
    count = f"{len(numbers)} row" + ("s" if len(numbers) > 1 else "")
    message = f"{what} in {count} (row {named}{more}){hint}"
    return problem(column, pointer_to(column.table, column.name), code, f"{column.name}: {message}")
