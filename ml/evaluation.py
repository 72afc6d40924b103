"""The figures of one strategy on out-of-fold predictions, and its calibration by decile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from ml import metrics
from ml.cutoff import CostMatrix

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Evaluation:
    """One row of the comparison; None where a figure does not exist for the strategy."""

    name: str
    auc: metrics.Interval
    gini: float
    ks: float
    pr_auc: float
    brier: float
    log_loss: float
    calibration_slope: float | None
    calibration_intercept: float | None
    cost_per_client: float
    approval_rate: float
    fold_auc: tuple[float, ...]


@dataclass(frozen=True)
class Decile:
    """Expected and observed default rate of a tenth of the rows; the interval is where 95 % of
    samples would fall if the expectation were true."""

    rows: int
    expected: float
    observed: float
    lower: float
    upper: float

    @property
    def agrees(self) -> bool:
        """Whether the observed rate lies in the interval."""
        return self.lower <= self.observed <= self.upper


def evaluate(
    name: str,
    is_default: Floats,
    probability: Floats,
    declined: NDArray[np.bool_],
    fold: NDArray[np.int64],
    costs: CostMatrix,
) -> Evaluation:
    """Judge out-of-fold probabilities and decisions, arrays of shape (n,)."""
    auc = _pooled_auc(is_default, probability)
    slope, intercept = _calibration(is_default, probability)
    return Evaluation(
        name=name,
        auc=auc,
        gini=2 * auc.value - 1,
        ks=metrics.ks(is_default, probability),
        pr_auc=metrics.average_precision(is_default, probability),
        brier=metrics.brier_score(is_default, probability),
        log_loss=metrics.log_loss(is_default, probability),
        calibration_slope=slope,
        calibration_intercept=intercept,
        cost_per_client=costs.per_client(is_default, declined),
        approval_rate=metrics.approval_rate(declined),
        fold_auc=tuple(metrics.auc(is_default[fold == k], probability[fold == k]) for k in np.unique(fold)),
    )


def calibration_deciles(is_default: Floats, probability: Floats) -> tuple[Decile, ...]:
    """Ten groups of rising probability; the interval is binomial, so sampling error alone is allowed for."""
    order = np.argsort(probability, kind="stable")
    return tuple(_decile(is_default[part], probability[part]) for part in np.array_split(order, 10))


def _decile(is_default: Floats, probability: Floats) -> Decile:
    rows, expected = len(probability), float(probability.mean())
    low, high = binom.ppf([0.025, 0.975], rows, expected) / rows
    return Decile(rows, expected, float(is_default.mean()), float(low), float(high))


def _pooled_auc(is_default: Floats, probability: Floats) -> metrics.Interval:
    if np.ptp(probability) == 0:
        return metrics.Interval(0.5, 0.5, 0.5)
    return metrics.auc_interval(is_default, probability)


def _calibration(is_default: Floats, probability: Floats) -> tuple[float | None, float | None]:
    if np.ptp(probability) == 0:
        return None, None
    return metrics.calibration_slope_intercept(is_default, probability)
