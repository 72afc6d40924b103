"""The strategies that are compared, and why one may be left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ml.errors import TrainingError
from ml.folds import stratified_folds
from ml.strategies.boosted import Boosting, learn_defaults, learner, learner_by_fold, weighted_learner
from ml.strategies.learning import Inputs, Strategy, learn_base_rate
from ml.strategies.linear import learn_logistic
from ml.strategies.loading import Loaded
from ml.strategies.points import learn_points
from ml.strategies.resampled import smote_learner, smote_nc_learner, under_sampling_learner
from ml.tuning import ALL_ROWS, outside, stored, study_of_fold

ACCEPT_EVERYONE, CHAMPION, SCORECARD = "accept_everyone", "champion", "woe_scorecard"
TUNED, TUNED_NESTED = "lightgbm_tuned", "lightgbm_tuned_nested"
REBALANCED = ("lightgbm_weighted", "lightgbm_under_sampled", "lightgbm_smote", "lightgbm_smote_nc")
LABELS = {
    ACCEPT_EVERYONE: "Accept everyone",
    "logistic_regression": "Logistic regression",
    SCORECARD: "WoE scorecard",
    "lightgbm_defaults": "LightGBM defaults, raw columns",
    CHAMPION: "LightGBM as configured (champion)",
    "lightgbm_one_fit": "The same, one fit",
    "lightgbm_weighted": "One fit, classes weighted",
    "lightgbm_under_sampled": "One fit, random under-sampling",
    "lightgbm_smote": "One fit, SMOTE",
    "lightgbm_smote_nc": "One fit, SMOTE-NC",
    TUNED: "LightGBM tuned on these rows",
    TUNED_NESTED: "LightGBM tuned, nested",
}


@dataclass(frozen=True)
class LeftOut:
    """A strategy that is not compared, and why."""

    name: str
    why: str


def catalogue(loaded: Loaded, journal: Path) -> tuple[list[Strategy], list[LeftOut]]:
    """Every strategy that these data and the kept searches allow, and those they do not."""
    own = Boosting.of_config(loaded.config)
    # Rebalancing is held against one fit: what averaging adds is the same for all, and each fit costs minutes.
    one = replace(own, members=1)
    strategies = [
        Strategy(ACCEPT_EVERYONE, learn_base_rate, declines=False),
        Strategy("logistic_regression", learn_logistic),
        Strategy(SCORECARD, learn_points),
        Strategy("lightgbm_defaults", learn_defaults, view="raw"),
        Strategy(CHAMPION, learner(own)),
        *([Strategy("lightgbm_one_fit", learner(one))] if own.members > 1 else []),
        Strategy("lightgbm_weighted", weighted_learner(one)),
        Strategy("lightgbm_under_sampled", under_sampling_learner(one)),
        Strategy("lightgbm_smote", smote_learner(one)),
    ]
    left_out: list[LeftOut] = []
    categories, columns = loaded.data.specification.categorical, loaded.data.specification.names
    if 0 < len(categories) < len(columns):
        strategies.append(Strategy("lightgbm_smote_nc", smote_nc_learner(one)))
    else:
        left_out.append(LeftOut("lightgbm_smote_nc", "it needs numbers and categories"))
    for name, find in ((TUNED, _tuned), (TUNED_NESTED, _nested)):
        try:
            strategies.append(find(loaded, journal))
        except TrainingError as error:
            left_out.append(LeftOut(name, error.message))
    return strategies, left_out


def _tuned(loaded: Loaded, journal: Path) -> Strategy:
    best = stored(journal, ALL_ROWS, _features(loaded), loaded.data.is_default, loaded.config)
    if best is None:
        raise TrainingError("not_tuned", "no search is kept; make tune makes one")
    return Strategy(TUNED, learner(best.boosting), honest=False)


def _nested(loaded: Loaded, journal: Path) -> Strategy:
    config, is_default = loaded.config, loaded.data.is_default
    fold = stratified_folds(is_default, config.folds, config.seed)
    found: dict[int | None, Boosting] = {}
    for number in range(config.folds):
        best = stored(journal, study_of_fold(number), *outside(_features(loaded), is_default, fold, number), config)
        if best is None:
            raise TrainingError(
                "not_tuned", f"no search without fold {number + 1} is kept; make tune NESTED=1 makes it"
            )
        found[number] = best.boosting
    return Strategy(TUNED_NESTED, learner_by_fold(lambda held_out: found[held_out]), repeatable=False)


def _features(loaded: Loaded) -> Inputs:
    return Inputs(loaded.data.matrix, loaded.data.specification)
