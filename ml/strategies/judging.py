"""The figures of strategies: as they stand and calibrated, and how sure a difference between two is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from scipy.stats import t as student

from ml import metrics
from ml.calibrate import cross_fitted_probability
from ml.cutoff import CostMatrix, cross_fitted_declines
from ml.errors import TrainingError
from ml.evaluation import Evaluation, evaluate
from ml.folds import Folds
from ml.strategies.learning import Floats
from ml.strategies.running import OutOfFold

LEVEL = 0.95
# Where a calibration slope is held to be right. Source: the project's requirement.
SLOPE_LOW, SLOPE_HIGH = 0.95, 1.05


@dataclass(frozen=True)
class Judged:
    """One set of probabilities: decided at its own best cutoff, and at the costs' break-even.

    The own best cutoff of a fold is the cheapest one on the other folds.
    """

    at_own_cutoff: Evaluation
    break_even_cost: float
    break_even_approval: float


@dataclass(frozen=True)
class FoldFigures:
    """Calibrated figures of one held-out fold, declined at break-even; lower is better but for ``auc``."""

    seed: int
    auc: float
    log_loss: float
    cost: float


@dataclass(frozen=True)
class StrategyFigures:
    """One strategy in the table.

    ``raw``: with the probabilities it gives; ``calibrated``: after beta calibration fitted on the other
    folds, None where its ranks leave nothing to calibrate. ``folds``: every fold of every seed.
    ``honest`` is False when what is judged was chosen on the very rows it is judged by.
    """

    name: str
    raw: Judged
    calibrated: Judged | None
    folds: tuple[FoldFigures, ...]
    training_seconds: float
    microseconds_per_row: float
    honest: bool = True

    @property
    def is_calibrated(self) -> bool:
        """Whether its calibrated probabilities mean what they say."""
        slope = self.calibrated.at_own_cutoff.calibration_slope if self.calibrated else None
        return slope is not None and SLOPE_LOW <= slope <= SLOPE_HIGH

    def mean(self, figure: str) -> float:
        """Mean of a fold figure over every fold of every seed."""
        return float(np.mean([getattr(fold, figure) for fold in self.folds]))


@dataclass(frozen=True)
class Difference:
    """A strategy minus the champion, fold by fold on the folds both were judged on."""

    name: str
    folds: int
    auc: metrics.Interval
    log_loss: metrics.Interval
    cost: metrics.Interval


@dataclass(frozen=True)
class Choice:
    """The strategy to use; ``cheapest`` had the least mean cost, ``proven`` says whether beyond chance."""

    name: str
    cheapest: str
    proven: bool


def judge(
    name: str, found: OutOfFold, is_default: Floats, fold: Folds, costs: CostMatrix, *, declines: bool
) -> tuple[Judged, Judged | None]:
    """Figures of out-of-fold margins, raw and calibrated; ``declines`` False grants to everyone."""
    raw = _judged(name, expit(found.margin), is_default, fold, costs, declines=declines)
    if not declines:
        return raw, None
    probability = _calibrated(found, is_default, fold)
    return raw, None if probability is None else _judged(name, probability, is_default, fold, costs, declines=True)


def fold_figures(
    found: OutOfFold, is_default: Floats, fold: Folds, seed: int, costs: CostMatrix, *, declines: bool
) -> tuple[FoldFigures, ...]:
    """The figures of each fold; without a calibration, those of the raw probabilities."""
    probability = _calibrated(found, is_default, fold) if declines else None
    if probability is None:
        probability = expit(found.margin)
    declined = metrics.is_declined(probability, costs.break_even) & declines
    return tuple(
        FoldFigures(
            seed=seed,
            auc=metrics.auc(is_default[inside], probability[inside]),
            log_loss=metrics.log_loss(is_default[inside], probability[inside]),
            cost=costs.per_client(is_default[inside], declined[inside]),
        )
        for inside in (fold == number for number in np.unique(fold))
    )


def difference(strategy: StrategyFigures, champion: StrategyFigures) -> Difference:
    """Paired differences to the champion over the folds that both have, in their common order."""
    seeds = {figures.seed for figures in strategy.folds} & {figures.seed for figures in champion.folds}
    own = [figures for figures in strategy.folds if figures.seed in seeds]
    theirs = [figures for figures in champion.folds if figures.seed in seeds]
    per_seed = len(own) // len(seeds)

    def interval(figure: str) -> metrics.Interval:
        values = [getattr(a, figure) - getattr(b, figure) for a, b in zip(own, theirs, strict=True)]
        return corrected_interval(values, per_seed)

    return Difference(strategy.name, len(own), interval("auc"), interval("log_loss"), interval("cost"))


def corrected_interval(values: Sequence[float], folds: int) -> metrics.Interval:
    """Mean of fold-wise differences with its 95 % interval.

    Parameters: ``values`` of one or more rounds of cross-validation with ``folds`` folds each. The folds
    share training rows, so the variance is raised by 1 / (folds - 1) over that of independent values.
    Source: Nadeau and Bengio (2003), corrected resampled t.

    >>> corrected_interval([1.0, 1.0, 1.0], 3)
    Interval(value=1.0, lower=1.0, upper=1.0)
    """
    mean = float(np.mean(values))
    variance = float(np.var(values, ddof=1)) * (1 / len(values) + 1 / (folds - 1))
    half = float(student.ppf(0.5 + LEVEL / 2, len(values) - 1)) * math.sqrt(variance)
    return metrics.Interval(mean, mean - half, mean + half)


def choose(strategies: Sequence[StrategyFigures], differences: Sequence[Difference], champion: str) -> Choice:
    """Keep the champion unless another strategy is calibrated, honest and cheaper beyond chance.

    Cost counts at break-even with calibrated probabilities: the way the product decides.
    """
    fit = [each for each in strategies if each.name == champion or (each.is_calibrated and each.honest)]
    by_name = {each.name: each for each in differences}
    cheapest = min(fit, key=lambda each: _cost_against(each, by_name))
    found = by_name.get(cheapest.name)
    proven = found is not None and found.cost.upper < 0
    return Choice(cheapest.name if proven else champion, cheapest.name, proven)


def _cost_against(strategy: StrategyFigures, differences: dict[str, Difference]) -> float:
    found = differences.get(strategy.name)
    return found.cost.value if found else 0.0


def _judged(
    name: str, probability: Floats, is_default: Floats, fold: Folds, costs: CostMatrix, *, declines: bool
) -> Judged:
    nobody = np.zeros(len(fold), dtype=bool)
    own = cross_fitted_declines(is_default, probability, fold, costs) if declines else nobody
    even = metrics.is_declined(probability, costs.break_even) if declines else nobody
    if not declines:
        # Each fold has the base rate of the others: tiny steps between folds that say nothing.
        probability = np.full(len(fold), is_default.mean())
    return Judged(
        at_own_cutoff=evaluate(name, is_default, probability, own, fold, costs),
        break_even_cost=costs.per_client(is_default, even),
        break_even_approval=metrics.approval_rate(even),
    )


def _calibrated(found: OutOfFold, is_default: Floats, fold: Folds) -> Floats | None:
    try:
        return cross_fitted_probability(found.margin, is_default, fold)
    except TrainingError as error:
        if error.code != "calibration_failed":
            raise
        return None
