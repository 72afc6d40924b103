"""Each way to learn: what it gives, and what it refuses."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.special import logit
from scipy.stats import ks_2samp

from ml.errors import TrainingError
from ml.metrics import ks
from ml.scorecard import Scaling
from ml.strategies.boosted import Boosting, fit_boosting, weighted_learner
from ml.strategies.learning import Inputs, Sample, learn_base_rate
from ml.strategies.linear import learn_logistic
from ml.strategies.points import fit_points
from ml.strategies.preparing import MOST_DEVIATIONS, as_float64, coded, numeric_places, one_hot, signs_after
from ml.strategies.resampled import NEIGHBOURS, smote_learner, smote_nc_learner, under_sampling_learner


@pytest.fixture(scope="module")
def boosting(loaded):
    return Boosting.of_config(loaded.config)


@pytest.fixture
def sample(loaded, inputs):
    return Sample(inputs, loaded.data.is_default, 0)


def part(sample: Sample, rows: np.ndarray) -> Sample:
    return Sample(Inputs(sample.inputs.matrix[rows], sample.inputs.specification), sample.is_default[rows], sample.seed)


def test_everyone_gets_the_base_rate(sample):
    margin = learn_base_rate(sample)(sample.inputs.matrix[:3])
    assert margin.tolist() == pytest.approx([logit(sample.is_default.mean())] * 3)


def test_every_strategy_refuses_one_class(strategies, loaded):
    for strategy in strategies:
        if strategy.declines:
            alone = Sample(loaded.views[strategy.view], np.zeros(len(loaded.data.is_default)), 0)
            with pytest.raises(TrainingError) as caught:
                strategy.learn(alone)
            assert caught.value.code == "one_class", strategy.name


@pytest.mark.parametrize("value", [np.nan, 3.0])
def test_every_strategy_learns_past_a_column_that_says_nothing(strategies, loaded, value):
    """A column may be constant or missing in the folds learnt from although it is not in all rows."""
    for strategy in strategies:
        view = loaded.views[strategy.view]
        matrix = view.matrix.copy()
        for name in ("AMT_INCOME_TOTAL", "NAME_INCOME_TYPE"):
            matrix[:, view.specification.names.index(name)] = value
        predict = strategy.learn(Sample(Inputs(matrix, view.specification), loaded.data.is_default, 0))
        assert np.isfinite(predict(view.matrix)).all(), strategy.name


def test_every_strategy_predicts_what_it_has_never_seen(strategies, loaded):
    """Rows missing throughout, and far outside: a number comes back, for any row that the contract allows."""
    for strategy in strategies:
        view = loaded.views[strategy.view]
        predict = strategy.learn(Sample(view, loaded.data.is_default, 0))
        categories = list(view.specification.categorical)
        missing = np.full_like(view.matrix[:1], np.nan)
        far = np.full_like(view.matrix[:1], 1e9)
        far[:, categories] = 50
        assert np.isfinite(predict(np.vstack([missing, far]))).all(), strategy.name


@pytest.mark.parametrize("learner", [smote_learner, smote_nc_learner])
def test_blending_needs_more_rows_than_neighbours(sample, boosting, learner):
    defaulters = np.flatnonzero(sample.is_default == 1)[:NEIGHBOURS]
    few = part(sample, np.r_[np.flatnonzero(sample.is_default == 0)[:200], defaulters])
    with pytest.raises(TrainingError, match="5 nearest; the smaller class has 5 rows") as caught:
        learner(boosting)(few)
    assert caught.value.code == "too_few_to_blend"


def test_smote_nc_needs_categories(sample, boosting):
    numbers = numeric_places(sample.inputs.specification)
    specification = sample.inputs.specification
    names = {specification.names[place] for place in specification.categorical}
    alone = Inputs(sample.inputs.matrix[:, numbers], specification.without(names))
    with pytest.raises(TrainingError) as caught:
        smote_nc_learner(boosting)(Sample(alone, sample.is_default, 0))
    assert caught.value.code == "no_categories"


@pytest.mark.parametrize("learner", [weighted_learner, under_sampling_learner, smote_learner, smote_nc_learner])
def test_rebalancing_moves_the_mean_probability_to_one_half(loaded, inputs, boosting, learner):
    """What makes raw probabilities meaningless: seen here at a base rate of one in ten."""
    payers, defaulters = (np.flatnonzero(loaded.data.is_default == value) for value in (0, 1))
    rows = np.r_[payers, defaulters[: len(payers) // 9]]
    sample = Sample(Inputs(inputs.matrix[rows], inputs.specification), loaded.data.is_default[rows], 0)
    more = Boosting({**boosting.parameters, "learning_rate": 0.1}, 60)
    plain = fit_boosting(sample, more, signs=None)(sample.inputs.matrix)
    moved = learner(more)(sample)(sample.inputs.matrix)
    assert (1 / (1 + np.exp(-plain))).mean() == pytest.approx(0.1, abs=0.03)
    assert (1 / (1 + np.exp(-moved))).mean() > 0.2


def test_wrong_parameters(sample):
    with pytest.raises(TrainingError) as caught:
        fit_boosting(sample, Boosting({"num_leaves": -1}, 5), signs=None)
    assert caught.value.code == "fit_failed"


def test_the_same_seed_gives_the_same_bits(strategies, loaded):
    for strategy in strategies:
        view = loaded.views[strategy.view]
        first, second = (strategy.learn(Sample(view, loaded.data.is_default, 3))(view.matrix) for _ in range(2))
        np.testing.assert_array_equal(first, second, err_msg=strategy.name)


def test_prepared_numbers_are_standard_and_bounded(sample):
    prepared = one_hot(sample.inputs.specification).fit_transform(as_float64(sample.inputs.matrix))
    numbers = len(numeric_places(sample.inputs.specification))
    assert np.abs(prepared[:, :numbers].mean(axis=0)).max() < 0.1
    wild = as_float64(sample.inputs.matrix)
    wild[0] = 1e12
    assert np.abs(one_hot(sample.inputs.specification).fit_transform(wild)[:, :numbers]).max() == MOST_DEVIATIONS


def test_monotone_signs_follow_their_columns(sample):
    specification = sample.inputs.specification
    prepared = coded(specification).fit_transform(as_float64(sample.inputs.matrix))
    signs = signs_after(specification, prepared.shape[1])
    names = [specification.names[place] for place in numeric_places(specification)]
    assert {name for name, sign in zip(names, signs, strict=False) if sign == -1} == {
        "EXT_SOURCE_1",
        "EXT_SOURCE_2",
        "EXT_SOURCE_3",
    }
    assert len(signs) == prepared.shape[1]


def test_logistic_regression_agrees_with_the_sign_of_what_drives_default(sample):
    place = sample.inputs.specification.names.index("EXT_SOURCE_2")
    low, high = sample.inputs.matrix[:1].copy(), sample.inputs.matrix[:1].copy()
    low[0, place], high[0, place] = 0.1, 0.9
    predict = learn_logistic(sample)
    assert predict(low)[0] > predict(high)[0]


def test_points_are_whole_and_their_sum_is_the_score(sample):
    card = fit_points(sample)
    points = card.points(sample.inputs.matrix)
    assert (points == np.round(points)).all()
    spread = card.scaling.points_to_double_odds / np.log(2)
    expected = -((points - 600) / spread + np.log(20))
    np.testing.assert_allclose(card.margin(sample.inputs.matrix), expected)


def test_points_to_double_the_odds(sample):
    """Twice the points per doubling makes the card twice as wide, and means the same odds."""
    narrow, wide = fit_points(sample), fit_points(sample, Scaling(points_to_double_odds=80))
    difference = narrow.margin(sample.inputs.matrix) - wide.margin(sample.inputs.matrix)
    assert np.abs(difference).max() < 0.05
    assert np.ptp(wide.points(sample.inputs.matrix)) > 1.8 * np.ptp(narrow.points(sample.inputs.matrix))


def test_the_printed_points_are_those_that_score(sample):
    card = fit_points(sample)
    possible = {}
    for row in card.rows():
        possible.setdefault(row.feature, set()).add(row.points)
    for each, weight in zip(card.characteristics, card.weights, strict=True):
        used = set(np.round(card.base + weight * each.woe(sample.inputs.matrix)).astype(int))
        assert used <= possible[each.feature.name]


def test_a_better_external_score_never_costs_points(sample):
    known = [row for row in fit_points(sample).rows() if row.bin != "Missing"]
    points = [row.points for row in known if row.feature == "EXT_SOURCE_2"]
    assert len(points) > 1
    assert points == sorted(points)


def test_no_scorecard_without_a_feature_that_separates(sample):
    matrix = np.ones_like(sample.inputs.matrix)
    with pytest.raises(TrainingError) as caught:
        fit_points(Sample(Inputs(matrix, sample.inputs.specification), sample.is_default, 0))
    assert caught.value.code == "no_characteristics"


def test_ks_is_the_two_sample_statistic_and_not_optbinnings():
    """Its population count starts at 0, so it is short by 1 / payers."""
    from optbinning.metrics.classification import ks as optbinnings

    labels = np.array([0.0] * 20 + [1.0] * 5)
    scores = np.r_[np.full(20, 0.1), np.full(5, 0.9)]
    right = ks_2samp(scores[labels == 1], scores[labels == 0]).statistic
    assert ks(labels, scores) == right
    assert right - optbinnings(labels, scores)[0] == pytest.approx(1 / 20)


def test_importing_the_binning_says_nothing():
    command = [sys.executable, "-W", "error", "-c", "import ml.strategies.optimal_binning"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
