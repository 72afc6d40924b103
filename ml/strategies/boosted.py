"""LightGBM: as it comes, as the product configures it, weighted, and as tuned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import lightgbm as lgb
import numpy as np

from ml.averaging import mean_booster
from ml.errors import TrainingError
from ml.strategies.learning import Floats, Learn, Matrix, Predict, Sample, check_classes
from ml.train import FIXED
from ml.training_config import TrainingConfig

DEFAULT_ROUNDS = 100


@dataclass(frozen=True)
class Boosting:
    """LightGBM's parameters, the number of trees, and how many fits of different seeds are averaged."""

    parameters: Mapping[str, Any]
    rounds: int
    members: int = 1

    @classmethod
    def of_config(cls, config: TrainingConfig) -> Boosting:
        """What the product's configuration says."""
        return cls(config.lightgbm, config.rounds, config.members)


def learn_defaults(sample: Sample) -> Predict:
    """LightGBM with no parameter set but those that fix threads and seed."""
    return fit_boosting(sample, Boosting({}, DEFAULT_ROUNDS), signs=None)


def learner(boosting: Boosting) -> Learn:
    """Learn with these parameters and the features' monotone signs."""
    return lambda sample: fit_boosting(sample, boosting, signs=_signs(sample))


def weighted_learner(boosting: Boosting) -> Learn:
    """The same, a defaulter weighing as much more as there are fewer of them in the sample."""

    def learn(sample: Sample) -> Predict:
        check_classes(sample)
        weight = float((1 - sample.is_default).sum() / sample.is_default.sum())
        weighted = replace(boosting, parameters={**boosting.parameters, "scale_pos_weight": weight})
        return fit_boosting(sample, weighted, signs=_signs(sample))

    return learn


def learner_by_fold(choose: Callable[[int | None], Boosting]) -> Learn:
    """Learn with parameters that were chosen without the fold held out."""
    return lambda sample: learner(choose(sample.held_out))(sample)


def fit_boosting(sample: Sample, boosting: Boosting, *, signs: list[int] | None) -> Predict:
    """Fit on the sample; ``signs`` are the monotone constraints, one per column.

    Raises TrainingError ``one_class`` and ``fit_failed``.
    """
    check_classes(sample)
    names, categorical = sample.inputs.specification.names, sample.inputs.specification.categorical
    return fit_matrix(sample.inputs.matrix, sample.is_default, boosting, sample.seed, signs, list(categorical), names)


def fit_matrix(
    matrix: Matrix,
    is_default: Floats,
    boosting: Boosting,
    seed: int,
    signs: list[int] | None,
    categorical: list[int],
    names: tuple[str, ...] | None = None,
) -> Predict:
    """Fit on any matrix, float32 (n, k), whose columns at ``categorical`` hold codes."""
    parameters = {**boosting.parameters, **FIXED, "seed": seed}
    if signs is not None:
        parameters["monotone_constraints"] = signs
    try:
        dataset = lgb.Dataset(
            matrix,
            is_default,
            feature_name=list(names) if names else "auto",
            categorical_feature=categorical,
            params=dict(parameters),
            free_raw_data=False,
        )
        seeds = range(seed, seed + boosting.members)
        booster = mean_booster([lgb.train({**parameters, "seed": each}, dataset, boosting.rounds) for each in seeds])
    except lgb.basic.LightGBMError as error:
        raise TrainingError("fit_failed", f"LightGBM cannot be trained: {error}") from error

    def predict(rows: Matrix) -> Floats:
        return np.asarray(booster.predict(rows, raw_score=True, num_threads=1), dtype=np.float64)

    return predict


def _signs(sample: Sample) -> list[int]:
    return [feature.monotone for feature in sample.inputs.specification.features]
