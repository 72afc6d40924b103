"""An applicant among others: how many have less, how many have more. Pure sums over arrays of values, NaN = missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Fewer people are not shown: a figure over a handful is about those people.
FEWEST_PEOPLE = 10
# A cell of two values says more of a person than one value does.
FEWEST_IN_CELL = 5
MOST_BINS = 12
LONGEST_COUNTED = 10.0  # wider steps are of money or days, where no single number matters
PEOPLE_PER_CELL = 5
GRID = (4, 16)
ENDS = (0.01, 0.99)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Crowd:
    """Some people: their values for each feature asked for, arrays of one length.

    ``people`` counts them. ``is_persons`` is False where the arrays hold the percentiles of a feature
    instead of a value per person: then two features cannot be set against each other.
    """

    people: int
    columns: Mapping[str, Floats]
    is_persons: bool = True

    @property
    def is_enough(self) -> bool:
        return self.people >= FEWEST_PEOPLE


@dataclass(frozen=True)
class Place:
    """Where one value stands among others. Shares are of those whose value is known; None without a value."""

    people: int
    missing: float
    below: float | None = None
    equal: float | None = None
    quartiles: tuple[float, float, float] | None = None

    @property
    def above(self) -> float | None:
        return None if self.below is None or self.equal is None else max(0.0, 1 - self.below - self.equal)


@dataclass(frozen=True)
class Bins:
    """Inner limits, and the outer ends where the picture stops; people beyond them count in the outer bins.

    ``levels`` instead of limits where a feature has few values: then each value has its own bin.
    ``is_counted``: between two limits lie whole numbers only, the upper limit not among them.
    """

    limits: tuple[float, ...] = ()
    ends: tuple[float, float] = (0.0, 0.0)
    levels: tuple[float, ...] = ()
    is_counted: bool = False

    @property
    def count(self) -> int:
        return len(self.levels) or len(self.limits) + 1

    @property
    def edges(self) -> tuple[float, ...]:
        return (self.ends[0], *self.limits, self.ends[1])

    @property
    def centres(self) -> tuple[float, ...]:
        pairs = zip(self.edges, self.edges[1:], strict=False)
        return self.levels or tuple((low + high) / 2 for low, high in pairs)

    def places(self, values: Floats) -> NDArray[np.int64]:
        """The bin of each value, -1 where it is missing or no level is its own."""
        if self.levels:
            levels = np.asarray(self.levels)
            near = np.clip(np.searchsorted(levels, values), 0, len(levels) - 1)
            return np.where(levels[near] == values, near, -1)
        return np.where(np.isnan(values), -1, np.searchsorted(np.asarray(self.limits), values, side="right"))

    def shares(self, values: Floats) -> list[float]:
        """The share of all people in each bin; what is missing is in none."""
        places = self.places(values)
        counts = np.bincount(places[places >= 0], minlength=self.count)
        return [float(count) / max(1, len(values)) for count in counts]


@dataclass(frozen=True)
class Cell:
    x: float
    y: float
    share: float


@dataclass(frozen=True)
class Cells:
    """People by two values; ``hidden`` is the share in cells too small to be shown."""

    shown: tuple[Cell, ...]
    hidden: float


def place_of(crowd: Crowd, name: str, value: float | None, *, has_order: bool = True) -> Place:
    values = crowd.columns[name]
    known = values[~np.isnan(values)]
    missing = 1 - len(known) / max(1, len(values))
    if not len(known):
        return Place(crowd.people, missing)
    low, middle, high = (float(each) for each in np.quantile(known, (0.25, 0.5, 0.75)))
    quartiles = (low, middle, high) if has_order else None
    if value is None:
        return Place(crowd.people, missing, quartiles=quartiles)
    below = float(np.mean(known < value))
    return Place(crowd.people, missing, below, float(np.mean(known == value)), quartiles)


def bins_of(values: Floats, levels: Sequence[float] = (), most: int = MOST_BINS) -> Bins:
    """Bins that are the same for every group; one feature's own values where they are few."""
    known = values[~np.isnan(values)]
    found = np.unique(known)
    if levels or len(found) <= most:
        return Bins(levels=tuple(levels) or tuple(float(value) for value in found))
    low, high = (float(each) for each in np.quantile(known, ENDS))
    if low == high:
        low, high = float(found[0]), float(found[-1])
    step = float(np.ceil((high - low) / most))
    if step < LONGEST_COUNTED and np.array_equal(found, np.rint(found)):
        low, high = np.floor(low), np.ceil(high)
        limits = tuple(float(limit) for limit in np.arange(low + step, high, step))
        return Bins(limits=limits, ends=(float(low), float(high)), is_counted=True)
    edges = np.linspace(low, high, most + 1)
    return Bins(limits=tuple(float(edge) for edge in edges[1:-1]), ends=(low, high))


def grid_size(people: int) -> int:
    """Cells along one side: fewer for fewer people, so that most cells hold enough to be shown."""
    return int(np.clip(round((people / PEOPLE_PER_CELL) ** 0.5), *GRID))


def cells_of(crowd: Crowd, x: tuple[str, Bins], y: tuple[str, Bins]) -> Cells:
    across, up = (bins.places(crowd.columns[name]) for name, bins in (x, y))
    known = (across >= 0) & (up >= 0)
    counts = np.zeros((x[1].count, y[1].count), dtype=np.int64)
    np.add.at(counts, (across[known], up[known]), 1)
    people = max(1, int(known.sum()))
    enough = np.argwhere(counts >= FEWEST_IN_CELL)
    shown = tuple(Cell(x[1].centres[i], y[1].centres[j], float(counts[i, j]) / people) for i, j in enough)
    hidden = float(counts[(counts > 0) & (counts < FEWEST_IN_CELL)].sum()) / people
    return Cells(shown, hidden)


def cross_of(x: NDArray[np.bool_], y: NDArray[np.bool_]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Shares of people by two yes-or-no questions: rows are x yes and no, columns y yes and no."""
    both = (x & y, x & ~y, ~x & y, ~x & ~y)
    first, second, third, fourth = (float(np.mean(each)) if len(each) else 0.0 for each in both)
    return (first, second), (third, fourth)


def nearest(columns: Mapping[str, Floats], values: Mapping[str, Any], coded: frozenset[str], size: int) -> NDArray[Any]:
    """The places of the ``size`` people nearest to ``values``, over all columns alike.

    A number's distance is the share of people between the two, so that no unit weighs more than
    another; an answer in a list (``coded``) is the same or another; missing is near to missing only.
    """
    distances = [_distance(column, values.get(name), name in coded) for name, column in columns.items()]
    return np.sort(np.argsort(np.mean(distances, axis=0), kind="stable")[:size])


def _distance(column: Floats, value: float | None, is_coded: bool) -> Floats:
    absent = np.isnan(column)
    if value is None:
        return np.where(absent, 0.0, 1.0)
    if is_coded:
        return np.where(column == value, 0.0, 1.0)
    known = np.sort(column[~absent])
    ranks = _rank(known, column)
    return np.where(absent, 1.0, np.abs(ranks - float(_rank(known, np.array([value]))[0])))


def _rank(known: Floats, values: Floats) -> Floats:
    middle = np.searchsorted(known, values, "left") + np.searchsorted(known, values, "right")
    return np.asarray(middle / (2 * max(1, len(known))), dtype=np.float64)
