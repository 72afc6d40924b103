"""The probability of default from which declining is cheaper than granting."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.metrics import cost_per_client, is_declined

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CostMatrix:
    """Cost of a loan wrongly granted (false negative) and of one wrongly refused (false positive)."""

    false_negative: float = 10.0
    false_positive: float = 1.0

    @property
    def break_even(self) -> float:
        """Probability at which granting and declining cost the same.

        >>> round(CostMatrix().break_even, 6)
        0.090909
        """
        return self.false_positive / (self.false_negative + self.false_positive)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return asdict(self)

    def per_client(self, is_default: Floats, declined: NDArray[np.bool_]) -> float:
        """Mean cost of decisions, arrays of shape (n,)."""
        return cost_per_client(
            is_default,
            declined,
            cost_false_negative=self.false_negative,
            cost_false_positive=self.false_positive,
        )


def cost_curve(is_default: Floats, probability: Floats, costs: CostMatrix) -> tuple[Floats, Floats]:
    """Cost per client of every cutoff: (cutoffs rising, costs), one point per different probability."""
    order = np.argsort(probability, kind="stable")
    values, labels = probability[order], is_default[order]
    ends = np.flatnonzero(np.r_[values[1:] > values[:-1], True])
    granted_bad = np.cumsum(labels)[ends]
    declined_good = (1 - labels).sum() - np.cumsum(1 - labels)[ends]
    total = costs.false_negative * granted_bad + costs.false_positive * declined_good
    return values[ends], total / len(labels)


def best_cutoff(is_default: Floats, probability: Floats, costs: CostMatrix) -> float:
    """The cutoff of least cost on these rows; the lowest such on a tie.

    >>> best_cutoff(np.array([0.0, 0.0, 1.0]), np.array([0.1, 0.2, 0.3]), CostMatrix())
    0.2
    """
    cutoffs, values = cost_curve(is_default, probability, costs)
    return float(cutoffs[np.argmin(values)])


def cross_fitted_declines(
    is_default: Floats, probability: Floats, fold: NDArray[np.int64], costs: CostMatrix
) -> NDArray[np.bool_]:
    """Decline each fold at the best cutoff of the other folds, so that no fold picks its own cutoff."""
    declined = np.zeros(len(probability), dtype=bool)
    for number in np.unique(fold):
        inside = fold == number
        cutoff = best_cutoff(is_default[~inside], probability[~inside], costs)
        declined[inside] = is_declined(probability[inside], cutoff)
    return declined
