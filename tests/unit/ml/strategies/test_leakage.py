"""No strategy may know anything of the rows it is judged by."""

import numpy as np
import pytest

from ml.folds import stratified_folds
from ml.metrics import auc_interval
from ml.strategies.boosted import Boosting
from ml.strategies.catalogue import catalogue
from ml.strategies.learning import Inputs, Sample, Strategy
from ml.strategies.loading import Loaded
from ml.strategies.running import learn_without, out_of_fold

# Wide enough that nine strategies stay inside by chance; a leak lies far outside.
SURE = 0.9999
LEARNING = [
    "logistic_regression",
    "woe_scorecard",
    "lightgbm_defaults",
    "champion",
    "lightgbm_one_fit",
    "lightgbm_weighted",
    "lightgbm_under_sampled",
    "lightgbm_smote",
    "lightgbm_smote_nc",
]


def named(strategies: list[Strategy], name: str) -> Strategy:
    return next(each for each in strategies if each.name == name)


def separation(strategy: Strategy, loaded: Loaded):
    is_default, config = loaded.data.is_default, loaded.config
    fold = stratified_folds(is_default, config.folds, config.seed)
    found = out_of_fold([strategy], loaded.views, is_default, fold, config.seed)[strategy.name]
    return auc_interval(is_default, found.margin, SURE)


def test_every_strategy_is_held_to_these_tests(strategies):
    assert [each.name for each in strategies if each.declines] == LEARNING


@pytest.mark.parametrize("name", LEARNING)
def test_a_target_that_means_nothing_is_not_learnt(strategies, shuffled, name):
    found = separation(named(strategies, name), shuffled)
    assert found.lower < 0.5 < found.upper


@pytest.mark.parametrize("name", LEARNING)
def test_a_target_that_means_something_is(strategies, loaded, name):
    assert separation(named(strategies, name), loaded).lower > 0.5


def test_a_target_encoding_of_all_rows_would_be_caught(shuffled, fold):
    """The same test on a strategy that cheats: each level's default rate over judged rows as well."""
    place = shuffled.data.specification.names.index("AMT_CREDIT")
    codes = (shuffled.data.matrix[:, place] // 2000).astype(int)
    encoded = np.array([shuffled.data.is_default[codes == code].mean() for code in codes])
    found = auc_interval(shuffled.data.is_default, encoded, SURE)
    assert found.lower > 0.5


@pytest.mark.parametrize("name", ["accept_everyone", *LEARNING])
def test_what_is_fitted_does_not_change_with_the_fold_held_out(strategies, loaded, fold, name):
    """Rows held out are replaced by absurd ones with the other outcome: not one bit of a prediction may move."""
    strategy = named(strategies, name)
    inputs, is_default = loaded.views[strategy.view], loaded.data.is_default
    held_out = fold == 1
    poisoned = inputs.matrix.copy()
    poisoned[held_out] = np.where(np.isnan(poisoned[held_out]), 1e30, -poisoned[held_out] - 1e6)
    flipped = np.where(held_out, 1 - is_default, is_default)
    honest = learn_without(strategy, inputs, is_default, fold, 1, 0)
    other = learn_without(strategy, Inputs(poisoned, inputs.specification), flipped, fold, 1, 0)
    rows = inputs.matrix[held_out]
    np.testing.assert_array_equal(honest(rows), other(rows))


def test_a_strategy_is_handed_every_fold_but_the_one_it_is_judged_by(loaded, fold):
    seen: list[Sample] = []

    def spy(sample: Sample):
        seen.append(sample)
        return lambda matrix: np.zeros(len(matrix))

    # The row's number stands in the matrix, so that rows can be told apart.
    numbered = np.arange(len(fold), dtype=np.float32)[:, None]
    specification = loaded.data.specification.without(set(loaded.data.specification.names[1:]))
    views = {"features": Inputs(numbered, specification)}
    out_of_fold([Strategy("spy", spy)], views, loaded.data.is_default, fold, 0)
    assert sorted(sample.held_out for sample in seen) == [0, 1, 2]
    for sample in seen:
        rows = sample.inputs.matrix[:, 0].astype(int)
        assert set(rows) == set(np.flatnonzero(fold != sample.held_out))
        np.testing.assert_array_equal(sample.is_default, loaded.data.is_default[rows])


def test_margins_stand_where_their_rows_are(loaded, fold):
    numbered = np.arange(len(fold), dtype=np.float32)[:, None]
    specification = loaded.data.specification.without(set(loaded.data.specification.names[1:]))
    echo = Strategy("echo", lambda sample: lambda matrix: matrix[:, 0].astype(np.float64))
    found = out_of_fold([echo], {"features": Inputs(numbered, specification)}, loaded.data.is_default, fold, 0)
    np.testing.assert_array_equal(found["echo"].margin, np.arange(len(fold)))


def test_synthetic_defaulters_are_made_inside_the_fold_only(monkeypatch, loaded, fold):
    """What SMOTE blends is the prepared sample, so each synthetic row lies between rows outside the fold."""
    from ml.strategies import resampled

    sizes: list[tuple[int, int]] = []
    blend = resampled.SMOTE.fit_resample

    def counted(sampler, prepared, is_default):
        rows, labels = blend(sampler, prepared, is_default)
        sizes.append((len(prepared), len(rows)))
        return rows, labels

    monkeypatch.setattr(resampled.SMOTE, "fit_resample", counted)
    strategy = Strategy("smote", resampled.smote_learner(Boosting.of_config(loaded.config)))
    learn_without(strategy, loaded.views["features"], loaded.data.is_default, fold, 0, 0)
    (before, after), *none = sizes
    payers = int((1 - loaded.data.is_default[fold != 0]).sum())
    defaulters = int(loaded.data.is_default[fold != 0].sum())
    assert (before, after, none) == ((fold != 0).sum(), 2 * max(payers, defaulters), [])


def test_the_catalogue_says_what_it_leaves_out(loaded, journal):
    found, left_out = catalogue(loaded, journal)
    assert {each.name for each in left_out} == {"lightgbm_tuned", "lightgbm_tuned_nested"}
    assert "lightgbm_smote_nc" in {each.name for each in found}
    assert all("make tune" in each.why for each in left_out)
