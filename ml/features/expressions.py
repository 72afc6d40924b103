"""The expression set of derived features, compiled to NumPy.

Every operator works element by element, in float64 and in the order of its inputs: no reduction
along an axis, whose rounding would depend on the number of rows. One applicant and a million give
the same bits. Missing is NaN. A second compiler implements the same names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Operator = Callable[[Sequence[Values], Sequence[float]], Values]
# Terms up to 120 months and rates up to 20 % a month settle to six digits or more within seven steps.
NEWTON_STEPS = 7
# Numbers per split of a tree.
SPLIT = 4


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


def monthly_rate(inputs: Sequence[Values], weights: Sequence[float]) -> Values:
    """The interest per month of a credit: first its term in months, second credit over instalment.

    Solves ``credit / instalment = (1 - (1 + rate) ** -term) / rate``; missing where either is or the
    instalments repay no more than the credit. Newton's steps from the flat rate, always as many.
    """
    term, credit = inputs
    # Not one step more for a hard row: its neighbours would change with it.
    dear = np.where(term > credit, credit, np.nan)
    rate = 2.0 * (term / dear - 1.0) / (term + 1.0)
    for _ in range(NEWTON_STEPS):
        kept = np.exp(-term * np.log(1.0 + rate))
        above = (1.0 - kept) / rate - dear
        slope = (term * kept / (1.0 + rate) - (above + dear)) / rate
        rate = rate - above / slope
    return rate


def tree(inputs: Sequence[Values], weights: Sequence[float]) -> Values:
    """What a decision tree says of the inputs; missing when any is.

    Parameters: ``weights`` are the tree's splits, four numbers each: the place of an input, the
    threshold, where to go up to the threshold and where above it. A positive place is that of a later
    split; any other number ends the walk, and its opposite is the answer.
    """
    if len(inputs[0]) == 1:
        return np.array([_leaf([values.item() for values in inputs], weights)])
    splits, columns = np.array(weights).reshape(-1, SPLIT), np.array(inputs)
    answer = np.full(columns.shape[1], np.nan)
    rows = np.flatnonzero(~np.isnan(columns).any(axis=0))
    here = np.zeros(len(rows), dtype=np.int64)
    while rows.size:
        place, threshold, below, above = splits[here].T
        there = np.where(columns[place.astype(np.int64), rows] <= threshold, below, above)
        ended = there <= 0
        answer[rows[ended]] = 0.0 - there[ended]
        rows, here = rows[~ended], there[~ended].astype(np.int64)
    return answer


def _leaf(values: Sequence[float], weights: Sequence[float]) -> float:
    """:func:`tree` for one row, where NumPy costs a hundred times the comparisons themselves."""
    if any(isnan(value) for value in values):
        return float("nan")
    there = 0.0
    while True:
        start = SPLIT * int(there)
        place, threshold, below, above = weights[start : start + SPLIT]
        there = below if values[int(place)] <= threshold else above
        if there <= 0:
            return 0.0 - there


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
# Only over application columns, where batch and one file run this very code: as lazy expressions of a portfolio
# the steps of Newton would grow eightfold each.
FEATURE_OPERATORS: dict[str, Operator] = {**OPERATORS, "monthly_rate": monthly_rate, "tree": tree}
# Operators that take exactly so many inputs; the others take two or more.
ARITY = {"column": 1, "ratio": 2, "difference": 2, "monthly_rate": 2}
