"""Has the population moved? PSI of the score and CSI per feature, on bins frozen with the model.

Bins never follow the current data, so months stay comparable; an empty bin counts as ``FLOOR``, so
the index stays finite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ml.features.specification import Specification

FLOOR = 1e-4
WATCH, ALARM = 0.1, 0.25
BINS = 10
QUANTILES = tuple(round(step / 100, 2) for step in range(101))


@dataclass(frozen=True)
class FrozenBins:
    """One feature's bins and how the reference fell into them.

    Numeric: ``edges`` are the inner limits, bin i holds ``edges[i-1] <= value < edges[i]``. Category:
    ``categories`` names the levels, codes 0, 1, ... The last of ``proportions`` is the share missing
    (for a category: missing or unknown to the model). ``quantiles`` are the reference's 0 % to 100 % in steps of 1 %.
    """

    name: str
    edges: tuple[float, ...]
    categories: tuple[str, ...]
    proportions: tuple[float, ...]
    quantiles: tuple[float, ...]

    def counts(self, values: ArrayLike) -> NDArray[np.int64]:
        """How many of ``values`` (float, shape (n,), NaN = missing) fall into each bin, missing last."""
        numbers = np.asarray(values, dtype=np.float64)
        last = len(self.proportions) - 1
        if self.categories:
            known = np.isfinite(numbers) & (numbers >= 0) & (numbers < last)
            place = np.where(known, numbers, last).astype(np.int64)
        else:
            place = np.searchsorted(np.asarray(self.edges), numbers, side="right")
            place = np.where(np.isnan(numbers), last, place)
        return np.bincount(place, minlength=last + 1)

    @property
    def labels(self) -> tuple[str, ...]:
        """A short name per bin, in the order of ``proportions``; the last is ``missing``."""
        if self.categories:
            return (*self.categories, "missing")
        if not self.edges:
            return ("all", "missing")
        middle = [f"{low:.4g} to {high:.4g}" for low, high in zip(self.edges, self.edges[1:], strict=False)]
        return (f"under {self.edges[0]:.4g}", *middle, f"{self.edges[-1]:.4g} or more", "missing")


@dataclass(frozen=True)
class Population:
    """The frozen bins of every feature and of the probability of default, from the training rows."""

    rows: int
    features: tuple[FrozenBins, ...]
    probability: FrozenBins

    @cached_property
    def _by_name(self) -> dict[str, FrozenBins]:
        return {bins.name: bins for bins in self.features}

    def feature(self, name: str) -> FrozenBins:
        """The bins of one feature; raises KeyError when the model has no such feature."""
        return self._by_name[name]

    def share_below(self, name: str, value: float) -> float | None:
        """Share of the reference (0 to 1, missing left out) below ``value``, to about 1 %.

        None where below has no meaning: a category, a missing value, a feature nobody had.
        """
        bins = self._by_name[name]
        if bins.categories or not bins.quantiles or np.isnan(value):
            return None
        quantiles = np.asarray(bins.quantiles)
        place = (np.searchsorted(quantiles, value, "left") + np.searchsorted(quantiles, value, "right")) / 2
        return float(min(1.0, max(0.0, (place - 0.5) / (len(quantiles) - 1))))

    def as_dict(self) -> dict[str, Any]:
        """The population as JSON-ready values; :meth:`from_dict` is the way back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, entry: dict[str, Any]) -> Population:
        """Rebuild from a bundle's ``population.json``."""
        features = tuple(_bins_from(bins) for bins in entry["features"])
        return cls(entry["rows"], features, _bins_from(entry["probability"]))


@dataclass(frozen=True)
class CsiRow:
    """One feature's stability: ``csi``, its word (stable, watch, alarm) and both missing shares."""

    feature: str
    csi: float
    state: str
    reference_proportions: tuple[float, ...]
    current_proportions: tuple[float, ...]
    labels: tuple[str, ...]

    @property
    def reference_missing(self) -> float:
        """Share missing in the reference, 0 to 1."""
        return self.reference_proportions[-1]

    @property
    def current_missing(self) -> float:
        """Share missing in the current window, 0 to 1."""
        return self.current_proportions[-1]


def psi(reference_proportions: ArrayLike, current_proportions: ArrayLike, floor: float = FLOOR) -> float:
    """Population stability index of two distributions over the same bins: 0 is identical, no upper limit.

    Parameters: proportions of shape (bins,), each summing to 1; a proportion under ``floor`` counts as ``floor``.
    Raises ValueError for different lengths, NaN or negative proportions.
    Source: Siddiqi, Credit Risk Scorecards (2006); sum of (current - reference) * ln(current / reference).

    >>> round(psi([0.5, 0.5], [0.6, 0.4]), 6)
    0.040547
    """
    reference = np.asarray(reference_proportions, dtype=np.float64)
    current = np.asarray(current_proportions, dtype=np.float64)
    if reference.shape != current.shape or reference.size == 0:
        raise ValueError(f"The same bins are needed, got {reference.shape} and {current.shape}.")
    if not (np.all(reference >= 0) and np.all(current >= 0)):
        raise ValueError("Proportions are numbers from 0.")
    reference, current = np.maximum(reference, floor), np.maximum(current, floor)
    return float(np.sum((current - reference) * np.log(current / reference)))


def stability_state(index: float) -> str:
    """The usual reading of a PSI or CSI: under 0.1 stable, under 0.25 watch, else alarm.

    >>> [stability_state(value) for value in (0.05, 0.1, 0.25)]
    ['stable', 'watch', 'alarm']
    """
    if index < WATCH:
        return "stable"
    return "watch" if index < ALARM else "alarm"


def freeze_bins(name: str, values: ArrayLike, categories: Sequence[str] = ()) -> FrozenBins:
    """Bins of about equal size (at most ten) from reference values, float of shape (n,), NaN = missing."""
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.size == 0:
        raise ValueError(f"{name}: no reference values.")
    known = numbers[~np.isnan(numbers)]
    edges = () if categories else _edges(known)
    quantiles = () if categories or not known.size else tuple(float(q) for q in np.quantile(known, QUANTILES))
    width = (len(categories) if categories else len(edges) + 1) + 1
    empty = FrozenBins(name, edges, tuple(categories), (0.0,) * width, quantiles)
    shares = tuple(float(share) for share in empty.counts(numbers) / numbers.size)
    return FrozenBins(name, edges, tuple(categories), shares, quantiles)


def freeze_population(specification: Specification, matrix: NDArray[np.float32], probability: ArrayLike) -> Population:
    """Freeze the bins of each column of ``matrix`` (n, features) and of the probability (n,)."""
    features = tuple(
        freeze_bins(feature.name, matrix[:, place], feature.categories)
        for place, feature in enumerate(specification.features)
    )
    return Population(len(matrix), features, freeze_bins("probability_of_default", probability))


def csi_table(population: Population, matrix: NDArray[np.float32]) -> list[CsiRow]:
    """Characteristic stability of every feature, the most moved first.

    Parameters: ``matrix`` of the current window, float32 (n, features) in the model's order, n at least 1.
    Raises ValueError when it is empty or of another width.
    """
    if matrix.ndim != 2 or matrix.shape[1] != len(population.features) or not len(matrix):
        raise ValueError(f"A matrix of {len(population.features)} columns and some rows is needed, got {matrix.shape}.")
    rows = [_csi_row(bins, matrix[:, place]) for place, bins in enumerate(population.features)]
    return sorted(rows, key=lambda row: (-row.csi, row.feature))


def score_psi(population: Population, probability_of_default: ArrayLike) -> CsiRow:
    """The PSI of the current probabilities of default (shape (n,), n at least 1) against the reference."""
    if np.asarray(probability_of_default).size == 0:
        raise ValueError("No current scores.")
    return _csi_row(population.probability, probability_of_default)


def _edges(known: NDArray[np.float64]) -> tuple[float, ...]:
    """Limits at observed values; few values get a bin each, or a rare one would hide in a large bin."""
    levels = np.unique(known)
    if len(levels) <= BINS:
        return tuple(float(level) for level in levels[1:])
    inner = np.unique(np.quantile(known, np.arange(1, BINS) / BINS, method="higher"))
    inner = inner[inner > levels[0]]
    return tuple(float(edge) for edge in inner) or (float(levels[1]),)


def _csi_row(bins: FrozenBins, values: ArrayLike) -> CsiRow:
    counts = bins.counts(values)
    current = counts / counts.sum()
    index = psi(bins.proportions, current)
    shares = tuple(float(share) for share in current)
    return CsiRow(bins.name, index, stability_state(index), bins.proportions, shares, bins.labels)


def _bins_from(entry: dict[str, Any]) -> FrozenBins:
    lists = ("edges", "categories", "proportions", "quantiles")
    return FrozenBins(name=entry["name"], **{key: tuple(entry[key]) for key in lists})
