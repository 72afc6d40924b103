import warnings
from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pytest

from ml.averaging import mean_booster
from ml.contributions import contributions
from ml.errors import TrainingError
from ml.train import train
from ml.training_config import load_config

ROWS, FEATURES, ROUNDS = 900, 6, 25


@pytest.fixture(scope="module")
def matrix() -> np.ndarray:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(ROWS, FEATURES)).astype(np.float32)
    values[:, 5] = rng.integers(0, 12, ROWS)
    values[rng.random(values.shape) < 0.1] = np.nan
    return values


def fitted(matrix: np.ndarray, seed: int, names: str = "abcdef") -> lgb.Booster:
    risk = np.nan_to_num(matrix[:, 0]) - np.nan_to_num(matrix[:, 1]) ** 2 + np.nan_to_num(matrix[:, 5]) % 3
    labels = (risk + np.random.default_rng(1).normal(size=ROWS) > 0.5).astype(float)
    dataset = lgb.Dataset(matrix, labels, feature_name=list(names), categorical_feature=[5], params={"verbosity": -1})
    chance = {"seed": seed, "feature_fraction": 0.5, "bagging_fraction": 0.6, "bagging_freq": 1}
    return lgb.train({"objective": "binary", "verbosity": -1, "num_threads": 1, **chance}, dataset, ROUNDS)


@pytest.fixture(scope="module")
def members(matrix: np.ndarray) -> list[lgb.Booster]:
    return [fitted(matrix, seed) for seed in range(3)]


@pytest.fixture(scope="module")
def mean(members: list[lgb.Booster]) -> lgb.Booster:
    return mean_booster(members)


def margin(booster: lgb.Booster, matrix: np.ndarray) -> np.ndarray:
    return np.asarray(booster.predict(matrix, raw_score=True, num_threads=1))


def test_the_margin_is_the_mean_of_the_members(members, mean, matrix):
    margins = [margin(booster, matrix) for booster in members]
    assert np.abs(margins[0] - margins[1]).max() > 0.1
    np.testing.assert_allclose(margin(mean, matrix), np.mean(margins, axis=0), rtol=0, atol=1e-12)


def test_it_is_the_same_after_its_text_was_written_and_read(mean, matrix):
    text = mean.model_to_string(num_iteration=-1)
    again = lgb.Booster(model_str=text)
    assert again.num_trees() == 3 * ROUNDS
    np.testing.assert_array_equal(margin(again, matrix), margin(mean, matrix))
    assert lgb.Booster(model_str=text).model_to_string(num_iteration=-1) == again.model_to_string(num_iteration=-1)


def test_contributions_sum_to_the_margin_and_are_those_of_shap(members, mean, matrix):
    found = contributions(mean, matrix)
    np.testing.assert_allclose(found.base_value + found.values.sum(axis=1), margin(mean, matrix), atol=1e-9)
    apart = np.mean([contributions(booster, matrix).values for booster in members], axis=0)
    np.testing.assert_allclose(found.values, apart, rtol=0, atol=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

        explained = shap.TreeExplainer(mean).shap_values(matrix[:30])
    np.testing.assert_allclose(found.values[:30], np.reshape(explained, (30, -1)), rtol=0, atol=1e-9)


def test_the_same_members_give_the_same_text(members, mean):
    assert mean_booster(members).model_to_string() == mean.model_to_string()


def test_one_member_is_left_as_it_is(members):
    assert mean_booster(members[:1]) is members[0]


def test_members_over_other_features_are_refused(members, matrix):
    with pytest.raises(ValueError, match="same features"):
        mean_booster([members[0], fitted(matrix, 1, "abcdeg")])
    with pytest.raises(ValueError, match="same features"):
        mean_booster([])


def test_a_configuration_without_members_is_refused(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text("seed=0\nfolds=3\nrounds=9\nreference_rows=5\nmembers=0\n[lightgbm]\n")
    with pytest.raises(TrainingError) as caught:
        load_config("home_credit", path)
    assert caught.value.code == "config_unreadable"


def test_a_model_of_members_has_all_their_trees(applicants, contract, specification, config):
    found = train(applicants, contract, specification, replace(config, members=2))
    assert found.booster.num_trees() == 2 * config.rounds
    assert found.booster.feature_name() == list(found.specification.names)
