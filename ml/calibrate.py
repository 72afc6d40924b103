"""From the booster's raw margin to a probability of default: Platt's logistic calibration."""

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
    """``probability = 1 / (1 + exp(-(slope * raw_margin + intercept)))``; strictly rising, so ranks stay."""

    slope: float
    intercept: float

    def probability(self, raw_margin: Floats) -> Floats:
        """Calibrated probabilities of default, float64 in (0, 1), of margins of any shape.

        >>> Calibration(1.0, 0.0).probability(np.array([0.0])).tolist()
        [0.5]
        """
        calibrated: Floats = expit(self.slope * np.asarray(raw_margin, dtype=np.float64) + self.intercept)
        return calibrated


def fit_calibration(raw_margin: Floats, is_default: Floats) -> Calibration:
    """Fit on margins of rows the booster has not seen (log-odds, shape (n,)).

    Raises TrainingError ``calibration_failed`` when no rising curve fits: such margins rank at random or worse.
    Source: Platt (1999), without the label smoothing, which thousands of rows do not need.
    """
    try:
        slope, intercept = fit_logistic(raw_margin, is_default)
    except ValueError as error:
        raise TrainingError("calibration_failed", f"The model cannot be calibrated: {error}") from error
    if slope <= 0:
        raise TrainingError("calibration_failed", "The model ranks at random or worse: it cannot be calibrated.")
    return Calibration(slope, intercept)


def cross_fitted_probability(raw_margin: Floats, is_default: Floats, fold: NDArray[np.int64]) -> Floats:
    """Probabilities of each fold by the calibration fitted on the other folds, so none judges itself."""
    probability = np.empty_like(raw_margin)
    for number in np.unique(fold):
        inside = fold == number
        calibration = fit_calibration(raw_margin[~inside], is_default[~inside])
        probability[inside] = calibration.probability(raw_margin[inside])
    return probability
