import numpy as np
import pytest

from ml.cutoff import CostMatrix, best_cutoff, cost_curve, cross_fitted_declines
from ml.metrics import is_declined

COSTS = CostMatrix()


def test_break_even_is_one_in_eleven():
    assert COSTS.break_even == pytest.approx(1 / 11)
    assert CostMatrix(false_negative=1, false_positive=1).break_even == 0.5


def test_cost_curve_agrees_with_counting_at_every_cutoff():
    rng = np.random.default_rng(0)
    probability = np.round(rng.random(200), 2)
    labels = (rng.random(200) < probability).astype(float)
    for cutoff, cost in zip(*cost_curve(labels, probability, COSTS), strict=True):
        assert cost == pytest.approx(COSTS.per_client(labels, is_declined(probability, cutoff)))


def test_best_cutoff_by_hand():
    assert best_cutoff(np.array([0.0, 0.0, 1.0]), np.array([0.1, 0.2, 0.3]), COSTS) == 0.2


def test_best_cutoff_approves_everyone_when_nobody_defaults():
    assert best_cutoff(np.zeros(3), np.array([0.1, 0.2, 0.3]), COSTS) == 0.3


def test_calibrated_probabilities_are_cheapest_near_break_even():
    rng = np.random.default_rng(1)
    probability = rng.uniform(0, 0.4, 200_000)
    labels = (rng.random(200_000) < probability).astype(float)
    assert best_cutoff(labels, probability, COSTS) == pytest.approx(COSTS.break_even, abs=0.02)


def test_no_fold_picks_its_own_cutoff():
    labels = np.array([0.0, 1.0, 0.0, 1.0])
    probability = np.array([0.1, 0.2, 0.5, 0.6])
    declined = cross_fitted_declines(labels, probability, np.array([0, 0, 1, 1]), COSTS)
    # fold 0 is cut at 0.5, fold 1 at 0.1
    assert declined.tolist() == [False, False, True, True]
