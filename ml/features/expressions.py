"""The expression set of derived features, compiled to NumPy.

Every operator works element by element, in float64 and in the order of its inputs: no reduction
along an axis, whose rounding would depend on the number of rows. One applicant and a million give
the same bits. Missing is NaN. A second compiler implements the same names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Operator = Callable[[Sequence[Values], Sequence[float]], Values]


def ratio(inputs: Sequence[Values], weights: Sequence[float]) -> Values:
    """First over second; missing when either is missing or the second is 0."""
    numerator, denominator = inputs
    return numerator / np.where(denominator == 0.0, np.nan, denominator)


def difference(inputs: Sequence[Values], weights: Sequence[float]) -> Values:
    """First minus second; missing when either is."""
    return inputs[0] - inputs[1]


def product(inputs: Sequence[Values], weights: Sequence[float]) -> Values:
    """Product of all; missing when any is."""
    result = inputs[0].copy()
    for values in inputs[1:]:
        result = result * values
    return result


def total(inputs: Sequence[Values], weights: Sequence[float]) -> Values:
    """Weighted sum of those known; missing when all are."""
    summed, weight = _weighted(inputs, weights)
    return np.where(weight > 0.0, summed, np.nan)


def mean(inputs: Sequence[Values], weights: Sequence[float]) -> Values:
    """Weighted mean of those known; missing when all are."""
    summed, weight = _weighted(inputs, weights)
    return summed / np.where(weight > 0.0, weight, np.nan)


def minimum(inputs: Sequence[Values], weights: Sequence[float]) -> Values:
    """Least of those known; missing when all are."""
    result = inputs[0].copy()
    for values in inputs[1:]:
        result = np.fmin(result, values)
    return result


def maximum(inputs: Sequence[Values], weights: Sequence[float]) -> Values:
    """Greatest of those known; missing when all are."""
    result = inputs[0].copy()
    for values in inputs[1:]:
        result = np.fmax(result, values)
    return result


def standard_deviation(inputs: Sequence[Values], weights: Sequence[float]) -> Values:
    """Population standard deviation of those known, centred first; missing when fewer than two are."""
    ones = [1.0] * len(inputs)
    centre = mean(inputs, ones)
    squares, known = _weighted([(values - centre) ** 2 for values in inputs], ones)
    return np.sqrt(squares / np.where(known > 1.0, known, np.nan))


def missing_count(inputs: Sequence[Values], weights: Sequence[float]) -> Values:
    """How many are missing; never missing itself."""
    # A count is exact in any order, so this one may reduce along an axis.
    count: Values = np.isnan(np.array(inputs)).sum(axis=0, dtype=np.float64)
    return count


def _weighted(inputs: Sequence[Values], weights: Sequence[float]) -> tuple[Values, Values]:
    known = ~np.isnan(np.array(inputs))
    summed, weight = np.zeros_like(inputs[0]), np.zeros_like(inputs[0])
    for values, own, there in zip(inputs, weights, known, strict=True):
        summed += np.where(there, values * own, 0.0)
        weight += there * own
    return summed, weight


OPERATORS: dict[str, Operator] = {
    "ratio": ratio,
    "difference": difference,
    "product": product,
    "sum": total,
    "mean": mean,
    "min": minimum,
    "max": maximum,
    "std": standard_deviation,
    "missing_count": missing_count,
}
# Operators that take exactly so many inputs; the others take two or more.
ARITY = {"column": 1, "ratio": 2, "difference": 2}
