"""Turns genuine columns into marginals that disclose nobody: at least 50 people behind every figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ml.synthetic.marginals import MISSING, Floats

# Fewest people behind any published figure.
PEOPLE = 50
MOST_QUANTILES = 101
# A column with at most so many common values is kept as levels, not as quantiles.
MOST_LEVELS = 12


def tidy(value: float, digits: int = 5) -> float:
    """``value`` to so many significant digits."""
    return float(f"{value:.{digits}g}")


def grid_of(
    values: pd.Series, people: pd.Series | None = None, *, step: float = 0.0, most: int = MOST_QUANTILES
) -> dict[str, Any]:
    """Parameters of a continuous column.

    Parameters
    ----------
    values : the column; nulls count as missing.
    people : who stands behind each row, same index; None when every row is another person.
    step : lattice of the values, 0 for none.
    most : most quantiles to keep.

    Returns
    -------
    ``grid`` of evenly spaced quantiles whose ends have 50 people at or beyond them, ``missing`` share, ``step``;
    all missing when fewer than 50 people have a value.
    """
    owners = pd.Series(values.index, index=values.index) if people is None else people.loc[values.index]
    known = values.dropna().astype(np.float64)
    by_person = known.groupby(owners[known.index])
    behind = by_person.ngroups
    if behind < PEOPLE:
        return {"grid": [0.0], "missing": 1.0}
    lowest = by_person.min().nsmallest(PEOPLE).iloc[-1]
    highest = by_person.max().nlargest(PEOPLE).iloc[-1]
    points = np.linspace(0.0, 1.0, int(np.clip(behind // PEOPLE, 2, most)))
    quantiles = np.clip(np.quantile(known, points, method="nearest"), min(lowest, highest), max(lowest, highest))
    missing = share_of(values.isna(), owners)
    entry: dict[str, Any] = {"grid": [tidy(q) for q in quantiles]}
    return entry | ({"missing": missing} if missing else {}) | ({"step": step} if step else {})


def levels_of(values: pd.Series, order: Sequence[Any] | None = None, people: pd.Series | None = None) -> dict[str, Any]:
    """Parameters of a column of few values; rare numbers join their neighbour, rare categories share one rate.

    ``order`` fixes the order of the levels; ``people`` is as for :func:`grid_of`.
    """
    text = not pd.api.types.is_numeric_dtype(values)
    filled = values.astype(object).where(values.notna(), MISSING if text else None)
    counts = filled.value_counts(dropna=False)
    behind = counts
    if people is not None:
        behind = people.loc[values.index].groupby(filled, dropna=False).nunique().reindex(counts.index)
    counts = pool_rare(counts, behind) if text else join_rare(counts, behind)
    if counts.empty:
        return {"values": [MISSING if text else None], "rates": [1.0]}
    if order is not None:
        counts = counts.reindex([v for v in order if v in counts.index])
    elif not text:
        counts = counts.sort_index()
    rates = counts / counts.sum()
    return {"values": [plain(v) for v in counts.index], "rates": [round(float(r), 5) for r in rates]}


def pool_rare(counts: pd.Series, behind: pd.Series) -> pd.Series:
    """Counts where categories of fewer than 50 people share the mean count of all such, or go if too few together."""
    rare = counts[behind < PEOPLE]
    common = counts[behind >= PEOPLE].astype(np.float64)
    if behind[behind < PEOPLE].sum() < PEOPLE:
        return common
    return pd.concat([common, pd.Series(rare.mean(), index=rare.index)])


def join_rare(counts: pd.Series, behind: pd.Series) -> pd.Series:
    """Counts where a number of fewer than 50 people is added to the nearest common number."""
    common = counts[behind >= PEOPLE].astype(np.float64).copy()
    numbers = [v for v in common.index if v is not None and not pd.isna(v)]
    rare = counts[behind < PEOPLE] if numbers else counts[:0]
    for value, count in rare[~pd.isna(rare.index)].items():
        nearest = min(numbers, key=lambda v: abs(v - value))
        common[nearest] += count
    return common


def rates_by_parent(values: pd.Series, parents: pd.Series, levels: Sequence[Any]) -> dict[str, list[float]]:
    """Rates of ``levels`` in each parent category of at least 500 people.

    Cells of fewer than 50 people share what is left in proportion to the rates over all parents.
    """
    filled = values.astype(object).where(values.notna(), MISSING)
    table = pd.crosstab(parents.fillna(MISSING), filled).reindex(columns=list(levels), fill_value=0)
    overall = filled.value_counts().reindex(list(levels), fill_value=0)
    return {
        str(parent): [round(float(v), 5) for v in _blended(row, overall)]
        for parent, row in table.iterrows()
        if row.sum() >= 10 * PEOPLE
    }


def _blended(row: pd.Series, overall: pd.Series) -> pd.Series:
    rare = row < PEOPLE
    spread = overall.where(rare, 0) / max(overall[rare].sum(), 1)
    blended = row.where(~rare, 0) + spread * row[rare].sum()
    return blended / blended.sum()


def share_of(chosen: pd.Series, people: pd.Series) -> float:
    """Share of the rows ``chosen``, to five places; fewer than 50 people on either side count as none of them."""
    owners = people.loc[chosen.index]
    if owners[chosen].nunique() < PEOPLE:
        return 0.0
    return 1.0 if owners[~chosen].nunique() < PEOPLE else round(float(chosen.mean()), 5)


def rank_correlation(coded: pd.DataFrame, least: int = 10 * PEOPLE) -> Floats:
    """Spearman correlations over the rows known to both columns, shape (k, k); 0 for fewer than ``least`` rows."""
    known = coded.notna().to_numpy(dtype=np.float64)
    ranks = np.nan_to_num(((coded.rank(pct=True) - 0.5) * known).to_numpy())
    both = np.maximum(known.T @ known, 1.0)
    first, squares = ranks.T @ known, (ranks**2).T @ known
    covariance = ranks.T @ ranks / both - (first / both) * (first.T / both)
    variance = squares / both - (first / both) ** 2
    usable = (both >= least) & (variance > 1e-9) & (variance.T > 1e-9)
    correlation = np.where(usable, covariance / np.sqrt(np.where(usable, variance * variance.T, 1.0)), 0.0)
    np.fill_diagonal(correlation, 1.0)
    return correlation


def plain(value: Any) -> Any:
    """``value`` as JSON holds it: whole numbers without a fraction."""
    if isinstance(value, str) or value is None:
        return value
    if pd.isna(value):
        return None
    return int(value) if float(value).is_integer() else tidy(float(value))
