"""How groups of applicants fare: approval, equal opportunity, calibration and separation, with intervals.

The definitions are those of fairlearn, with approval as the selected outcome. Groups are compared, not
judged: a difference is a question to answer, and a group with few people answers none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from ml import metrics
from ml.metrics import Interval

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
# Under these an interval is so wide that a figure says nothing of the group, and too much of its few people.
FEWEST_ROWS, FEWEST_DEFAULTERS = 100, 10
# The four-fifths rule of the US Uniform Guidelines, 29 CFR 1607.4(D): a ratio under it asks for an explanation.
FOUR_FIFTHS = 0.8


@dataclass(frozen=True)
class GroupFigures:
    """How one group fares; None where a figure does not exist, and everywhere for a group too small to judge.

    ``approval_rate`` and ``equal_opportunity`` (approval among those who paid) are shares with Wilson
    intervals; ``adverse_impact_ratio`` is the approval rate over that of the reference group; ``expected``
    and ``observed`` are default rates.
    """

    group: str
    rows: int
    is_reference: bool = False
    approval_rate: Interval | None = None
    adverse_impact_ratio: Interval | None = None
    equal_opportunity: Interval | None = None
    expected: float | None = None
    observed: Interval | None = None
    auc: Interval | None = None

    @property
    def is_small(self) -> bool:
        """Whether the group is too small to judge; its figures are withheld, they would be about persons."""
        return self.approval_rate is None

    @property
    def calibration_agrees(self) -> bool | None:
        """Whether the expected default rate lies in the interval of the observed one."""
        if self.expected is None or self.observed is None:
            return None
        return self.observed.lower <= self.expected <= self.observed.upper


def wilson_interval(successes: int, trials: int, level: float = 0.95) -> Interval:
    """A share with its Wilson score interval, 0 to 1. Source: Wilson (1927).

    Raises ValueError when there are no trials or more successes than trials.

    >>> round(wilson_interval(8, 10).lower, 3), round(wilson_interval(8, 10).upper, 3)
    (0.49, 0.943)
    """
    if not 0 <= successes <= trials or trials == 0:
        raise ValueError(f"{successes} of {trials} is no share.")
    share, z = successes / trials, _quantile(level)
    centre = share + z * z / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    # at 0 and at 1 the ends touch the share, but for rounding
    return Interval(share, max(0.0, min(share, (centre - half) / scale)), min(1.0, max(share, (centre + half) / scale)))


def ratio_interval(
    successes: int, trials: int, reference_successes: int, reference_trials: int, level: float = 0.95
) -> Interval | None:
    """The ratio of two shares with Katz's log interval; None when either share is 0. Source: Katz et al. (1978).

    >>> round(ratio_interval(40, 100, 80, 100).value, 2)
    0.5
    """
    if successes == 0 or reference_successes == 0:
        return None
    value = (successes / trials) / (reference_successes / reference_trials)
    variance = 1 / successes - 1 / trials + 1 / reference_successes - 1 / reference_trials
    spread = math.exp(_quantile(level) * math.sqrt(variance))
    return Interval(value, value / spread, value * spread)


def group_figures(
    group: NDArray[np.str_],
    is_default: Floats,
    probability_of_default: Floats,
    declined: Flags,
    *,
    fewest_rows: int = FEWEST_ROWS,
    fewest_defaulters: int = FEWEST_DEFAULTERS,
) -> tuple[GroupFigures, ...]:
    """The figures of each group, sorted by name.

    Parameters: arrays of shape (n,): the group's name; 0 or 1; probability in [0, 1]; whether the model
    would decline. A group with fewer rows, or fewer of either outcome, is too small to judge. The reference
    of the adverse impact ratio is the group with the highest approval rate among the others; where all are
    small there is none.

    Raises ValueError when the arrays differ in length or are empty.
    """
    if not len(group) == len(is_default) == len(probability_of_default) == len(declined) or not len(group):
        raise ValueError("Arrays of one length with at least one row are needed.")
    parts = [
        _Part(str(name), is_default[inside], probability_of_default[inside], ~declined[inside])
        for name in np.unique(group)
        for inside in (group == name,)
    ]
    judged = [part for part in parts if not part.is_small(fewest_rows, fewest_defaulters)]
    reference = max(judged, key=lambda part: float(part.approved.mean()), default=None)
    return tuple(
        _figures(part, reference) if reference and part in judged else GroupFigures(part.name, part.rows)
        for part in parts
    )


@dataclass(frozen=True, eq=False)
class _Part:
    """The rows of one group."""

    name: str
    is_default: Floats
    probability: Floats
    approved: Flags

    @property
    def rows(self) -> int:
        return len(self.is_default)

    def is_small(self, fewest_rows: int, fewest_defaulters: int) -> bool:
        defaulters = int(self.is_default.sum())
        return self.rows < fewest_rows or min(defaulters, self.rows - defaulters) < fewest_defaulters


def _figures(part: _Part, reference: _Part) -> GroupFigures:
    approved, payers = int(part.approved.sum()), part.is_default == 0
    others = int(reference.approved.sum())
    ratio = ratio_interval(approved, part.rows, others, reference.rows)
    if part is reference:
        ratio = Interval(1.0, 1.0, 1.0)
    return GroupFigures(
        group=part.name,
        rows=part.rows,
        is_reference=part is reference,
        approval_rate=wilson_interval(approved, part.rows),
        adverse_impact_ratio=ratio,
        equal_opportunity=wilson_interval(int(part.approved[payers].sum()), int(payers.sum())),
        expected=float(part.probability.mean()),
        observed=wilson_interval(int(part.is_default.sum()), part.rows),
        auc=metrics.auc_interval(part.is_default, part.probability),
    )


def _quantile(level: float) -> float:
    return float(norm.ppf(0.5 + level / 2))
