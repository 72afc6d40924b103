"""Figures, paired differences and the choice."""

import math

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import t as student

from ml.cutoff import CostMatrix
from ml.errors import TrainingError
from ml.folds import stratified_folds
from ml.metrics import Interval
from ml.strategies.judging import (
    Difference,
    FoldFigures,
    StrategyFigures,
    choose,
    corrected_interval,
    difference,
    fold_figures,
    judge,
)
from ml.strategies.running import OutOfFold

COSTS = CostMatrix()
NOTHING = Interval(0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(2)
    margin = rng.normal(-2.5, 1.0, 6000)
    is_default = (rng.random(6000) < expit(margin)).astype(float)
    return margin, is_default, stratified_folds(is_default, 5, 0)


def found(margin) -> OutOfFold:
    return OutOfFold(margin, 1.0, 2.0)


def figures(name: str, drawn, *, shift: float = 0.0, honest: bool = True, seed: int = 0) -> StrategyFigures:
    margin, is_default, fold = drawn
    out = found(margin + shift)
    raw, calibrated = judge(name, out, is_default, fold, COSTS, declines=True)
    folds = fold_figures(out, is_default, fold, seed, COSTS, declines=True)
    return StrategyFigures(name, raw, calibrated, folds, 1.0, 2.0, honest)


@pytest.mark.parametrize(("labels", "code"), [([0.0] * 9, "one_class"), ([1.0, 0.0, 0.0, 0.0], "too_few_rows")])
def test_folds_without_a_defaulter_in_each_are_refused(labels, code):
    with pytest.raises(TrainingError) as caught:
        stratified_folds(np.array(labels), 3, 0)
    assert caught.value.code == code


def test_shifted_probabilities_separate_alike_and_cost_what_they_pretend(drawn):
    """What resampling does, alone: log-odds moved up by 2. Ranks stay, the break-even decision falls apart."""
    true, moved = figures("true", drawn), figures("moved", drawn, shift=2.0)
    assert moved.raw.at_own_cutoff.auc == true.raw.at_own_cutoff.auc
    assert moved.raw.at_own_cutoff.cost_per_client == pytest.approx(true.raw.at_own_cutoff.cost_per_client)
    assert moved.raw.break_even_cost > 1.2 * true.raw.break_even_cost
    assert moved.raw.at_own_cutoff.calibration_intercept < -1.5
    assert moved.calibrated.break_even_cost == pytest.approx(true.calibrated.break_even_cost, rel=0.02)
    assert moved.is_calibrated


def test_granting_to_everyone_costs_ten_times_the_default_rate(drawn):
    _, is_default, fold = drawn
    base = np.choose(fold, np.linspace(-2.01, -2.0, 5))
    raw, calibrated = judge("everyone", found(base), is_default, fold, COSTS, declines=False)
    assert raw.break_even_cost == raw.at_own_cutoff.cost_per_client == pytest.approx(10 * is_default.mean())
    assert (raw.break_even_approval, raw.at_own_cutoff.auc.value, calibrated) == (1.0, 0.5, None)


def test_ranks_at_random_leave_nothing_to_calibrate(drawn):
    margin, is_default, fold = drawn
    raw, calibrated = judge("upside_down", found(-margin), is_default, fold, COSTS, declines=True)
    assert calibrated is None
    assert raw.at_own_cutoff.auc.value < 0.5
    assert len(fold_figures(found(-margin), is_default, fold, 0, COSTS, declines=True)) == 5


def test_corrected_interval_by_hand():
    # Nadeau and Bengio: variance 1 x (1 / 4 + 1 / 1) for two rounds of two folds.
    values = [0.0, 0.0, 1.0, 1.0]
    half = student.ppf(0.975, 3) * math.sqrt((1 / 3) * (1 / 4 + 1))
    interval = corrected_interval(values, 2)
    assert interval.value == 0.5
    assert (interval.lower, interval.upper) == (pytest.approx(0.5 - half), pytest.approx(0.5 + half))


def test_differences_are_taken_over_common_folds(drawn):
    champion = figures("champion", drawn)
    twice = StrategyFigures(
        "champion",
        champion.raw,
        champion.calibrated,
        champion.folds + tuple(FoldFigures(1, 0.9, 0.1, 0.1) for _ in range(5)),
        1.0,
        2.0,
    )
    other = figures("other", drawn, shift=0.5)
    against = difference(other, twice)
    assert against.folds == 5
    assert against.auc.value == pytest.approx(0.0, abs=1e-3)


def test_a_dearer_strategy_is_dearer_with_an_interval(drawn):
    margin, is_default, fold = drawn
    noise = np.random.default_rng(0).normal(0, 2, len(margin))
    worse = figures("worse", (margin + noise, is_default, fold))
    against = difference(worse, figures("champion", drawn))
    assert against.cost.lower > 0
    assert against.auc.upper < 0


def against(name: str, value: float, half: float) -> Difference:
    return Difference(name, 5, NOTHING, NOTHING, Interval(value, value - half, value + half))


def test_the_champion_stays_where_a_cheaper_one_may_be_chance(drawn):
    pair = [figures("champion", drawn), figures("other", drawn)]
    kept = choose(pair, [against("other", -0.01, 0.02)], "champion")
    assert (kept.name, kept.cheapest, kept.proven) == ("champion", "other", False)
    changed = choose(pair, [against("other", -0.03, 0.02)], "champion")
    assert (changed.name, changed.proven) == ("other", True)


def test_what_was_tuned_on_the_rows_that_judge_it_is_never_chosen(drawn):
    pair = [figures("champion", drawn), figures("tuned", drawn, honest=False)]
    assert choose(pair, [against("tuned", -0.5, 0.01)], "champion").cheapest == "champion"


def test_what_cannot_be_calibrated_is_never_chosen(drawn):
    margin, is_default, fold = drawn
    upside_down = figures("upside_down", (-margin, is_default, fold))
    assert not upside_down.is_calibrated
    pair = [figures("champion", drawn), upside_down]
    assert choose(pair, [against("upside_down", -0.5, 0.01)], "champion").name == "champion"
