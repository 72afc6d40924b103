"""Puts applicants into the groups a model is looked at by: protected groups and segments, all from the contract."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.contract import Column, Contract

AGE_EDGES = (25, 35, 45, 55, 65)
DAYS_PER_YEAR = 365.25
# Beside 1 of 20 or more each value stands alone; rarer ones of a count come together as "n or more".
LEAST_SHARE = 0.05
MOST_VALUES = 6
QUARTERS = (0.0, 0.25, 0.5, 0.75)
MOST_CATEGORIES = 10
MOST_SEGMENTS = 6
FILE_EDGES = (0.25, 0.5)
UNKNOWN = ("unknown", "inconnu")
YES_NO = {"0": ("no", "non"), "1": ("yes", "oui")}


@dataclass(frozen=True)
class Grouping:
    """A way to group rows.

    ``place`` (int, shape (n,)) points into ``labels``, the (English, French) names of the groups in order.
    """

    name: str
    label: tuple[str, str]
    labels: tuple[tuple[str, str], ...]
    place: NDArray[np.int64]


def protected_groupings(contract: Contract, frame: pd.DataFrame) -> tuple[Grouping, ...]:
    """Groupings by age and by each protected column of the contract that ``frame`` has.

    Parameters: ``frame`` of raw application rows. Categories are groups; numbers are grouped by value, the
    rare high ones together, or by quarter where there are many.
    """
    columns = [column for column in contract.application.columns if column.protected and column.name in frame]
    found = [_grouping(column, frame[column.name]) for column in columns if column.name != contract.birth_column]
    age = _ages(contract, frame)
    return (*([age] if age else []), *found)


def segment_groupings(contract: Contract, frame: pd.DataFrame, matrix: NDArray[np.float32]) -> tuple[Grouping, ...]:
    """Groupings by how much of the file is known and by the first few categories the model reads.

    Parameters: ``frame`` of raw application rows; ``matrix`` of their features, NaN where missing.
    """
    columns = [
        column
        for column in contract.application.columns
        if column.dtype == "category" and column.model_input and not column.protected and column.name in frame
    ]
    short = [column for column in columns if 2 <= len(column.categories) <= MOST_CATEGORIES]
    return (_completeness(matrix), *(_grouping(column, frame[column.name]) for column in short[:MOST_SEGMENTS]))


def _grouping(column: Column, values: pd.Series) -> Grouping:
    label = (column.label_en, column.label_fr)
    if column.category_labels:
        return _by_value(column.name, label, values, column.category_labels)
    if column.dtype == "flag":
        return _by_value(column.name, label, values, YES_NO)
    return _by_number(column.name, label, values.to_numpy(dtype=np.float64, na_value=np.nan))


def _by_value(name: str, label: tuple[str, str], values: pd.Series, names: dict[str, tuple[str, str]]) -> Grouping:
    known = list(names)
    text = values.map(_as_text)
    place = pd.Series(range(len(known)), index=known).reindex(text).fillna(len(known)).to_numpy(dtype=np.int64)
    return Grouping(name, label, (*names.values(), UNKNOWN), place)


def _as_text(value: object) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _by_number(name: str, label: tuple[str, str], values: NDArray[np.float64]) -> Grouping:
    known = values[~np.isnan(values)]
    edges = _edges(known)
    place = np.where(np.isnan(values), len(edges), np.searchsorted(edges, values, side="right") - 1)
    return Grouping(name, label, (*_ranges(edges, known), UNKNOWN), place.astype(np.int64))


def _edges(known: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lowest value of each group."""
    if not known.size:
        return np.empty(0)
    values, counts = np.unique(known, return_counts=True)
    at_least = counts[::-1].cumsum()[::-1] / len(known)
    edges = values[at_least >= LEAST_SHARE]
    return edges if len(edges) <= MOST_VALUES else np.unique(np.quantile(known, QUARTERS, method="higher"))


def _ranges(edges: NDArray[np.float64], known: NDArray[np.float64]) -> tuple[tuple[str, str], ...]:
    if not edges.size:
        return ()
    ends = [known[known < upper].max() for upper in edges[1:]]
    closed = [_range(low, high) for low, high in zip(edges[:-1], ends, strict=True)]
    last = edges[-1]
    open_end = (f"{last:g} or more", f"{last:g} ou plus")
    return (*closed, _range(last, last) if last == known.max() else open_end)


def _range(low: float, high: float) -> tuple[str, str]:
    return (f"{low:g}", f"{low:g}") if low == high else (f"{low:g} to {high:g}", f"{low:g} à {high:g}")


def _ages(contract: Contract, frame: pd.DataFrame) -> Grouping | None:
    name = contract.birth_column
    if name is None or name not in frame:
        return None
    values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    years = -values / DAYS_PER_YEAR if contract.birth_days_column else values
    place = np.where(np.isnan(years), len(AGE_EDGES) + 1, np.digitize(years, AGE_EDGES))
    between = [(f"{a} to {b - 1}", f"{a} à {b - 1} ans") for a, b in pairwise(AGE_EDGES)]
    first, last = AGE_EDGES[0], AGE_EDGES[-1]
    labels = ((f"under {first}", f"moins de {first} ans"), *between, (f"{last} or more", f"{last} ans ou plus"))
    return Grouping(name, ("Age", "Âge"), (*labels, UNKNOWN), place.astype(np.int64))


def _completeness(matrix: NDArray[np.float32]) -> Grouping:
    missing = np.isnan(matrix).mean(axis=1)
    low, high = (f"{edge:.0%}" for edge in FILE_EDGES)
    labels = (
        (f"thick file: under {low} missing", f"dossier fourni : moins de {low} de valeurs absentes"),
        (f"{low} to {high} missing", f"de {low} à {high} de valeurs absentes"),
        (f"thin file: {high} or more missing", f"dossier mince : {high} ou plus de valeurs absentes"),
    )
    place = np.digitize(missing, FILE_EDGES).astype(np.int64)
    return Grouping("completeness", ("How much of the file is known", "Complétude du dossier"), labels, place)
