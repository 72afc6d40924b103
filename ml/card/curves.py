"""The curves of a model card, thinned to what a figure can show, and intervals by resampling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.cutoff import CostMatrix, cost_curve
from ml.metrics import Interval

Floats = NDArray[np.float64]
MOST_POINTS = 200
RESAMPLES = 200
TAIL = (0.025, 0.975)
LIFT_SHARES = tuple(share / 20 for share in range(1, 21))


@dataclass(frozen=True)
class Curve:
    """Points of a line, ``x`` rising."""

    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class Curves:
    """All curves of one model; shares are 0 to 1.

    ``roc``: false against true positive rate. ``precision_recall``: recall against precision.
    ``payers`` and ``defaulters``: distribution functions over the probability of default, farthest apart at
    ``ks_at``. ``lift``: share of applicants, riskiest first, against their default rate over the average;
    ``captured``: against the share of all defaulters among them. ``cost``: cutoff against cost per client,
    least at ``cheapest``.
    """

    roc: Curve
    precision_recall: Curve
    payers: Curve
    defaulters: Curve
    ks_at: float
    lift: Curve
    captured: Curve
    cost: Curve
    cheapest: float


def curves(is_default: Floats, probability_of_default: Floats, costs: CostMatrix) -> Curves:
    """The curves of out-of-fold probabilities, arrays of shape (n,) with both classes."""
    steps = _Steps.of(is_default, probability_of_default)
    true_rate, false_rate = steps.bad / steps.bad[-1], steps.good / steps.good[-1]
    captured = _captured(is_default, probability_of_default)
    cutoffs, cost = cost_curve(is_default, probability_of_default, costs)
    shares = np.array(LIFT_SHARES)
    # seen from the safe end, the distribution functions are what the steps leave over
    rising = steps.levels[::-1]
    payers, defaulters = (1 - np.r_[0.0, rate[:-1]][::-1] for rate in (false_rate, true_rate))
    return Curves(
        roc=_curve(np.r_[0.0, false_rate], np.r_[0.0, true_rate]),
        precision_recall=_curve(true_rate, steps.bad / (steps.bad + steps.good)),
        payers=_curve(rising, payers),
        defaulters=_curve(rising, defaulters),
        ks_at=float(rising[np.argmax(np.abs(payers - defaulters))]),
        lift=_curve(shares, captured / shares),
        captured=_curve(np.r_[0.0, shares], np.r_[0.0, captured]),
        cost=_curve(cutoffs, cost),
        cheapest=float(cutoffs[np.argmin(cost)]),
    )


def resampled_intervals(is_default: Floats, probability_of_default: Floats, seed: int) -> dict[str, Interval]:
    """KS and the area under the precision-recall curve (``pr_auc``) with 95 % bootstrap percentile intervals.

    Parameters: arrays of shape (n,) with both classes. Source: Efron and Tibshirani (1993).
    """
    steps = _Steps.of(is_default, probability_of_default)
    random = np.random.default_rng(seed)
    rows = len(is_default)
    drawn = [
        _ks_and_precision(steps.weighted(np.bincount(random.integers(0, rows, rows), minlength=rows)))
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(np.array(drawn), TAIL, axis=0)
    found = _ks_and_precision(steps)
    return {
        name: Interval(found[place], float(low[place]), float(high[place]))
        for place, name in enumerate(("ks", "pr_auc"))
    }


@dataclass(frozen=True)
class _Steps:
    """Defaulters and payers counted from the riskiest probability down, one step per different probability."""

    order: NDArray[np.int64]
    labels: Floats
    ends: NDArray[np.int64]
    levels: Floats
    bad: Floats
    good: Floats

    @classmethod
    def of(cls, is_default: Floats, probability: Floats) -> _Steps:
        order = np.argsort(-probability, kind="stable")
        labels, values = is_default[order], probability[order]
        ends = np.flatnonzero(np.r_[values[1:] != values[:-1], True])
        return cls(order, labels, ends, values[ends], np.cumsum(labels)[ends], np.cumsum(1 - labels)[ends])

    def weighted(self, counts: NDArray[np.int64]) -> _Steps:
        """The same rows, each ``counts`` times."""
        weights = counts[self.order].astype(np.float64)
        bad, good = np.cumsum(weights * self.labels)[self.ends], np.cumsum(weights * (1 - self.labels))[self.ends]
        return _Steps(self.order, self.labels, self.ends, self.levels, bad, good)


def _ks_and_precision(steps: _Steps) -> tuple[float, float]:
    bad, good = steps.bad, steps.good
    found = np.diff(bad, prepend=0.0)
    seen = np.maximum(bad + good, 1.0)  # a resample may leave the first steps empty
    separation = np.abs(bad / bad[-1] - good / good[-1]).max()
    return float(separation), float((found * bad / seen).sum() / bad[-1])


def _captured(is_default: Floats, probability: Floats) -> Floats:
    """The share of defaulters among the riskiest 5 %, 10 % and so on."""
    order = np.argsort(-probability, kind="stable")
    counts = np.ceil(np.array(LIFT_SHARES) * len(order)).astype(int)
    found: Floats = np.cumsum(is_default[order])[counts - 1] / is_default.sum()
    return found


def _curve(x: Floats, y: Floats) -> Curve:
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_POINTS)).round().astype(int))
    return Curve(tuple(x[kept].tolist()), tuple(y[kept].tolist()))
