"""Applicants drawn from the contract alone: any allowed value, with an outcome that some of them drive."""

import numpy as np
import pandas as pd

from ml.contract import Column, Contract


def draw_applicants(contract: Contract, rows: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    columns = [column for column in contract.application.columns if column.name != contract.target]
    frame = pd.DataFrame({column.name: _values(column, rows, rng) for column in columns})
    frame[contract.id_column] = np.arange(1, rows + 1)
    strength = 3.0 - 8.0 * frame["EXT_SOURCE_2"].fillna(0.5) + frame["FLAG_DOCUMENT_3"]
    frame[contract.target] = (rng.random(rows) < 1 / (1 + np.exp(-strength))).astype("int64")
    return frame


def _values(column: Column, rows: int, rng: np.random.Generator) -> pd.Series:
    if column.dtype == "category":
        values = pd.Series(rng.choice(list(column.categories), rows), dtype="str")
        return values.mask(pd.Series(rng.random(rows) < 0.1)) if column.nullable else values
    assert column.minimum is not None
    assert column.maximum is not None
    drawn = column.minimum + (column.maximum - column.minimum) * rng.random(rows)
    numbers = drawn if column.dtype == "float" else np.round(drawn)
    if column.nullable:
        return pd.Series(np.where(rng.random(rows) < 0.1, np.nan, numbers))
    return pd.Series(numbers if column.dtype == "float" else numbers.astype("int64"))
