"""One column at a time: from a uniform number to a value, and back to its rank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Values = npt.NDArray[Any]

# How parameters name a missing value among the levels of a category.
MISSING = "(missing)"


@dataclass(frozen=True)
class Grid:
    """A continuous column as evenly spaced quantiles; flat stretches are the values held by many.

    ``missing`` is the share of nulls, ``step`` the lattice values are rounded to (0: none).
    """

    values: Floats
    missing: float = 0.0
    step: float = 0.0

    def draw(self, uniform: Floats) -> Floats:
        """Values, shape as ``uniform`` (0 to 1, increasing in it); nulls are NaN and come first."""
        inside = (uniform - self.missing) / max(1.0 - self.missing, 1e-12)
        drawn = np.interp(inside, np.linspace(0.0, 1.0, len(self.values)), self.values)
        if self.step:
            drawn = np.round(drawn / self.step) * self.step
        return np.where(inside < 0.0, np.nan, drawn)

    def rank(self, values: Floats) -> Floats:
        """Share of the column below each value, ties in the middle, 0 to 1; NaN stays NaN."""
        levels, first, count = np.unique(self.values, return_index=True, return_counts=True)
        middle = (first + (count - 1) / 2.0) / max(len(self.values) - 1, 1)
        ranked: Floats = np.interp(values, levels, middle)
        return np.where(np.isnan(values), np.nan, ranked)


@dataclass(frozen=True)
class Levels:
    """A column of few values, in a fixed order, with their rates; per parent value where one is named."""

    values: tuple[Any, ...]
    rates: Floats
    parent: str = ""
    rates_by_parent: Mapping[str, Floats] | None = None

    def draw_codes(self, uniform: Floats, parents: Values | None = None) -> npt.NDArray[np.intp]:
        """Positions in ``values``, shape as ``uniform`` (0 to 1)."""
        codes = _search(self.rates, uniform)
        for parent, rates in (self.rates_by_parent or {}).items():
            chosen = parents == parent
            codes[chosen] = _search(rates, uniform[chosen])
        return codes

    def draw(self, uniform: Floats, parents: Values | None = None) -> Values:
        """Values, shape as ``uniform`` (0 to 1)."""
        return self.array()[self.draw_codes(uniform, parents)]

    def array(self) -> Values:
        """The values as an array: text as objects with None for missing, numbers as floats."""
        if any(isinstance(value, str) for value in self.values):
            return np.array([None if value == MISSING else value for value in self.values], dtype=object)
        return np.array([np.nan if value is None else value for value in self.values], dtype=np.float64)


Marginal = Grid | Levels


def marginal_from_json(document: Mapping[str, Any]) -> Marginal:
    """A marginal from its parameters: ``grid`` with ``missing`` and ``step``, or ``values`` with ``rates``."""
    if "grid" in document:
        grid = np.asarray(document["grid"], dtype=np.float64)
        return Grid(grid, document.get("missing", 0.0), document.get("step", 0.0))
    by_parent = {key: np.asarray(rates) for key, rates in document.get("rates_by_parent", {}).items()}
    return Levels(
        values=tuple(document["values"]),
        rates=np.asarray(document["rates"], dtype=np.float64),
        parent=document.get("parent", ""),
        rates_by_parent=by_parent or None,
    )


def draw_by_group(marginals: Mapping[str, Marginal], groups: Values, uniform: Floats) -> Values:
    """Values drawn from the marginal of each row's group.

    Parameters
    ----------
    marginals : marginal of each group; all of one kind.
    groups : group name of each row, shape (n,).
    uniform : shape (n,), 0 to 1.

    Returns
    -------
    Values, shape (n,): float64, or objects for text.

    Raises
    ------
    KeyError : a group without a marginal.
    """
    texts = any(isinstance(m, Levels) and m.array().dtype == object for m in marginals.values())
    drawn: Values = np.empty(len(groups), dtype=object if texts else np.float64)
    for group in np.unique(groups.astype(str)):
        chosen = groups == group
        drawn[chosen] = marginals[group].draw(uniform[chosen])
    return drawn


def _search(rates: Floats, uniform: Floats) -> npt.NDArray[np.intp]:
    edges = np.cumsum(rates)
    codes = np.searchsorted(edges / edges[-1], uniform, side="right")
    return np.minimum(codes, len(rates) - 1)
