"""The aggregation functions over NumPy blocks of rows: all columns of a block at once, group by group."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Starts = NDArray[np.int64]


class Block:
    """Rows of one or more groups that follow each other.

    ``values``: float64 of shape (rows, columns), missing NaN; ``starts``: the first row of each group, shape
    (groups,), none of them empty. Each function gives float64 of shape (groups, columns), NaN where a group has no
    known value.
    """

    def __init__(self, values: Values, starts: Starts) -> None:
        self.values, self.starts = values, starts
        # Which values are known.
        self.known: NDArray[np.bool_] = ~np.isnan(values)
        # How many values are known, NaN where none are.
        self.counts: Values = np.add.reduceat(self.known, starts, axis=0, dtype=np.float64)
        self.counts[self.counts == 0.0] = np.nan
        # Whether some group has no known value in some column.
        self.lacks = bool(np.isnan(self.counts).any())

    @cached_property
    def filled(self) -> Values:
        """The values with 0 where they are missing."""
        return np.where(self.known, self.values, 0.0)

    @cached_property
    def total(self) -> Values:
        """Sum of the known values, added from the first row to the last."""
        summed: Values = np.add.reduceat(self.filled, self.starts, axis=0)
        summed[np.isnan(self.counts)] = np.nan
        return summed

    @cached_property
    def minimum(self) -> Values:
        """Least known value."""
        least: Values = np.fmin.reduceat(self.values, self.starts, axis=0)
        return least

    @cached_property
    def maximum(self) -> Values:
        """Greatest known value."""
        greatest: Values = np.fmax.reduceat(self.values, self.starts, axis=0)
        return greatest

    @cached_property
    def mean(self) -> Values:
        """Mean of the known values."""
        return self.total / self.counts

    @cached_property
    def standard_deviation(self) -> Values:
        """Population standard deviation, centred first; exactly 0 where all known values are equal."""
        centred = np.where(self.known, self.values - self._on_rows(self.mean), 0.0)
        deviation = np.sqrt(np.add.reduceat(centred * centred, self.starts, axis=0) / self.counts)
        deviation[self.minimum == self.maximum] = 0.0
        return deviation

    @cached_property
    def n_unique(self) -> Values:
        """Number of different known values."""
        return np.array([_different(part) for part in self._parts])

    @cached_property
    def first(self) -> Values:
        """Oldest known value."""
        return np.array([_first_known(part) for part in self._parts])

    @cached_property
    def last(self) -> Values:
        """Newest known value."""
        return np.array([_first_known(part[::-1]) for part in self._parts])

    @cached_property
    def trend(self) -> Values:
        """Least-squares slope over 1, 2, 3, ...; missing for fewer than two known values, exactly 0 for equal ones."""
        counts = np.nan_to_num(self.counts)
        before = np.zeros_like(counts)
        before[1:] = np.cumsum(counts, axis=0)[:-1]
        number = np.cumsum(self.known, axis=0, dtype=np.float64) - self._on_rows(before)
        above = np.where(self.known, self.values - self._on_rows(self.minimum), 0.0)
        numbered = np.add.reduceat(number * above, self.starts, axis=0)
        centred = numbered - (counts + 1.0) / 2.0 * np.add.reduceat(above, self.starts, axis=0)
        return centred / np.where(counts > 1.0, counts * (counts * counts - 1.0) / 12.0, np.nan)

    @property
    def _parts(self) -> list[Values]:
        return np.split(self.values, self.starts[1:]) if len(self.starts) > 1 else [self.values]

    def _on_rows(self, groups: Values) -> Values:
        """A value per group, repeated on each of its rows."""
        if len(self.starts) == 1:
            return groups
        return np.repeat(groups, np.diff(self.starts, append=len(self.values)), axis=0)


def _different(part: Values) -> Values:
    ordered = np.sort(part, axis=0)  # missing last
    changes = (ordered[1:] != ordered[:-1]) & ~np.isnan(ordered[1:])
    return np.where(np.isnan(ordered[0]), np.nan, changes.sum(axis=0) + 1.0)


def _first_known(part: Values) -> Values:
    found: Values = part[np.argmax(~np.isnan(part), axis=0), np.arange(part.shape[1])]
    return found


FUNCTIONS: dict[str, Callable[[Block], Values]] = {
    "sum": lambda block: block.total,
    "min": lambda block: block.minimum,
    "max": lambda block: block.maximum,
    "mean": lambda block: block.mean,
    "std": lambda block: block.standard_deviation,
    "n_unique": lambda block: block.n_unique,
    "first": lambda block: block.first,
    "last": lambda block: block.last,
    "trend": lambda block: block.trend,
}
