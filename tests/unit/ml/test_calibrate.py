import numpy as np
import pytest

from ml.calibrate import Calibration, cross_fitted_probability, fit_calibration
from ml.errors import TrainingError
from ml.metrics import calibration_slope_intercept


@pytest.fixture
def overconfident() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = rng.normal(-2, 1, 50_000)
    return 2 * truth, (rng.random(50_000) < 1 / (1 + np.exp(-truth))).astype(float)


def test_repairs_overconfident_margins(overconfident):
    margin, labels = overconfident
    probability = fit_calibration(margin, labels).probability(margin)
    slope, intercept = calibration_slope_intercept(labels, probability)
    assert slope == pytest.approx(1.0, abs=0.01)
    assert intercept == pytest.approx(0.0, abs=0.03)
    assert probability.mean() == pytest.approx(labels.mean(), abs=1e-9)


def test_keeps_the_ranking(overconfident):
    margin, labels = overconfident
    rising = np.linspace(-30, 30, 1001)
    probability = fit_calibration(margin, labels).probability(rising)
    assert np.all(np.diff(probability) > 0)
    assert probability[0] > 0.0


def test_extreme_margins_stay_probabilities():
    probability = Calibration(1.0, 1.0, 0.0).probability(np.array([-800.0, 0.0, 800.0]))
    assert probability.tolist() == [0.0, 0.5, 1.0]


def test_one_slope_where_two_would_let_the_curve_fall():
    rng = np.random.default_rng(3)
    margin = rng.uniform(-4, 4, 4000)
    chance = np.where(margin > 2, 0.55, 1 / (1 + np.exp(-margin)))
    found = fit_calibration(margin, (rng.random(4000) < chance).astype(float))
    assert found.a >= 0
    assert found.b >= 0


@pytest.mark.parametrize("sign", [-1.0, 0.0])
def test_margins_that_rank_backwards_or_not_at_all_are_refused(overconfident, sign):
    margin, labels = overconfident
    with pytest.raises(TrainingError) as caught:
        fit_calibration(sign * margin, labels)
    assert caught.value.code == "calibration_failed"


def test_no_fold_is_calibrated_on_itself(overconfident):
    margin, labels = overconfident
    fold = np.arange(len(margin)) % 2
    probability = cross_fitted_probability(margin, labels, fold)
    other = fit_calibration(margin[fold == 1], labels[fold == 1])
    assert np.array_equal(probability[fold == 0], other.probability(margin[fold == 0]))
