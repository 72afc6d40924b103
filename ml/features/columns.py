"""Raw columns out of a credit file or a frame, and their coding as numbers by the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.contract_types import Column, Contract
from ml.errors import ContractError, Problem
from ml.features.expressions import Values
from ml.value_checks import pointer_to

Columns = Mapping[str, "NDArray[Any] | Sequence[Any]"]


def application_of(contract: Contract, file: Mapping[str, Any]) -> Mapping[str, Any]:
    """The application's row of a credit file; raises ContractError when there is none."""
    row = file.get(contract.root_table)
    if not isinstance(row, Mapping):
        raise ContractError(f"The file has no {contract.root_table} to score.", code="application_missing")
    return row


def columns_from_frame(contract: Contract, frame: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """The frame's columns that the contract knows, as arrays; absent ones are missing throughout."""
    known = contract.application.by_name
    return {name: frame[name].to_numpy() for name in frame.columns if name in known}


def encode(column: Column, values: NDArray[Any] | Sequence[Any]) -> Values:
    """Raw values of one column as float64: sentinels and nulls NaN, categories their place in the contract.

    Raises ContractError (``unseen_category``, ``wrong_type``) where the contract allows no such value.
    """
    if column.dtype == "category":
        return _codes(column, values)
    return _numbers(column, values)


def encoder(column: Column) -> Callable[[Sequence[Any]], Values]:
    """:func:`encode` for the few rows of one applicant: what does not depend on the values is worked out before."""
    if column.dtype == "category":
        places = {category: float(place) for place, category in enumerate(column.categories)}
        return lambda values: np.array([_code(column, places, value) for value in values])
    return lambda values: _numbers(column, values)


def _numbers(column: Column, values: NDArray[Any] | Sequence[Any]) -> Values:
    try:
        numbers = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        try:
            numbers = np.array([np.nan if pd.isna(value) else value for value in values], dtype=np.float64)
        except (TypeError, ValueError):
            raise _refused(column, "wrong_type", f"a value is not a number ({error})") from error
    for sentinel in column.sentinels:
        numbers[numbers == sentinel] = np.nan
    return numbers


def _codes(column: Column, values: NDArray[Any] | Sequence[Any]) -> Values:
    places = {category: float(place) for place, category in enumerate(column.categories)}
    if len(values) == 1:
        return np.array([_code(column, places, values[0])])
    numbers, levels = pd.factorize(np.asarray(values, dtype=object))
    table = np.array([*(_code(column, places, level) for level in levels), np.nan])
    codes: Values = table[numbers]
    return codes


def _code(column: Column, places: dict[str, float], value: Any) -> float:
    place = places.get(value)
    if place is not None:
        return place
    if value is None or value != value or column.unseen_allowed:
        return np.nan
    raise _refused(column, "unseen_category", f"{value!r} is not a category")


def _refused(column: Column, code: str, why: str) -> ContractError:
    problem = Problem(pointer_to(column.table, column.name), code, f"{column.name}: {why}.", column.allowed)
    return ContractError(problem.message, [problem], code=code)
