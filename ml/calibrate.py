"""From the booster's raw margin to a probability of default: beta calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ml.errors import TrainingError
from ml.metrics import fit_logistic

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """``log-odds = a ln(p) - b ln(1 - p) + intercept`` with ``p = 1 / (1 + exp(-raw_margin))``.

    ``a`` and ``b`` are at least 0 and not both 0, so the curve rises and ranks stay. With a = b this is
    Platt's calibration; two slopes fit the safe and the risky end each on their own.
    """

    a: float
    b: float
    intercept: float

    def probability(self, raw_margin: Floats) -> Floats:
        """Calibrated probabilities of default, float64 in (0, 1), of margins of any shape.

        >>> Calibration(1.0, 1.0, 0.0).probability(np.array([0.0])).tolist()
        [0.5]
        """
        low, high = _ends(np.asarray(raw_margin, dtype=np.float64))
        calibrated: Floats = expit(self.a * low + self.b * high + self.intercept)
        return calibrated


def fit_calibration(raw_margin: Floats, is_default: Floats) -> Calibration:
    """Fit on margins of rows the booster has not seen (log-odds, shape (n,)).

    Falls back to one slope where two would let the curve fall. Raises TrainingError
    ``calibration_failed`` when no rising curve fits: such margins rank at random or worse.
    Source: Kull, Silva Filho and Flach (2017), beta calibration; Platt (1999).
    """
    a, b, intercept = _fit(np.column_stack(_ends(raw_margin)), is_default)
    if min(a, b) < 0:
        slope, intercept = _fit(raw_margin[:, None], is_default)
        a = b = slope
    if a <= 0:
        raise TrainingError("calibration_failed", "The model ranks at random or worse: it cannot be calibrated.")
    return Calibration(float(a), float(b), float(intercept))


def _ends(raw_margin: Floats) -> tuple[Floats, Floats]:
    """``ln(p)`` and ``-ln(1 - p)`` of a margin, without overflow."""
    return -np.logaddexp(0.0, -raw_margin), np.logaddexp(0.0, raw_margin)


def _fit(inputs: Floats, is_default: Floats) -> Floats:
    try:
        return fit_logistic(inputs, is_default)
    except ValueError as error:
        raise TrainingError("calibration_failed", f"The model cannot be calibrated: {error}") from error


def cross_fitted_probability(raw_margin: Floats, is_default: Floats, fold: NDArray[np.int64]) -> Floats:
    """Probabilities of each fold by the calibration fitted on the other folds, so none judges itself."""
    probability = np.empty_like(raw_margin)
    for number in np.unique(fold):
        inside = fold == number
        calibration = fit_calibration(raw_margin[~inside], is_default[~inside])
        probability[inside] = calibration.probability(raw_margin[inside])
    return probability
