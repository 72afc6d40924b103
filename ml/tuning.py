"""Tune the product's LightGBM: ``python -m ml.tuning --data FOLDER``. Seeded, pruned, resumable.

A trial's value is the mean log loss of calibrated probabilities. Log loss, because the cost at a cutoff is a step
function of a few applicants near the cutoff and too noisy to climb; calibrated, because the model is used
calibrated and a search should not buy calibration with separation. It is calibrated inside each held-out fold,
one half by the other, so that a fold can be reported, and a bad trial stopped, as soon as it is done.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.trial import TrialState

from ml import metrics
from ml.calibrate import cross_fitted_probability
from ml.errors import MlError, TrainingError
from ml.folds import Folds, stratified_folds
from ml.progress import Progress, progress_lines, silent
from ml.strategies.boosted import Boosting, learner
from ml.strategies.learning import Floats, Inputs, Strategy
from ml.strategies.loading import Loaded, add_data_options, home, load
from ml.strategies.running import learn_without
from ml.training_config import TrainingConfig
from ml.tuning_study import find_study, fingerprint, finished, open_study

FOLDS, TRIALS = 4, 40
# Two folds at a time, whatever the machine: where a trial can be stopped must not depend on the cores.
AT_ONCE = 2
STARTUP_TRIALS = 5
# Other folds than those that judge: the seed of the search lies apart from the seeds of the comparison.
SEED_APART = 1000
ALL_ROWS = "all"


@dataclass(frozen=True)
class Dimension:
    """One searched parameter; ``default`` is LightGBM's own."""

    name: str
    low: float
    high: float
    default: float
    log: bool = True
    whole: bool = False


# total_step = learning_rate x trees: what the two do together, so that the search can trade one for the other.
SPACE = (
    Dimension("learning_rate", 0.012, 0.06, 0.1),
    Dimension("total_step", 4.0, 20.0, 10.0),
    Dimension("num_leaves", 6, 48, 31, whole=True),
    Dimension("min_data_in_leaf", 20, 400, 20, whole=True),
    Dimension("feature_fraction", 0.05, 0.6, 1.0),
    Dimension("bagging_fraction", 0.4, 1.0, 1.0, log=False),
    Dimension("lambda_l2", 0.1, 200.0, 0.1),
    Dimension("cat_smooth", 10.0, 500.0, 10.0),
)


@dataclass(frozen=True)
class Tuned:
    """The best of a study: what to train with, its value, and that of the configuration it started from."""

    study: str
    boosting: Boosting
    log_loss: float
    start_log_loss: float
    completed: int
    pruned: int


def tune(
    inputs: Inputs,
    is_default: Floats,
    config: TrainingConfig,
    *,
    path: Path,
    study_name: str = ALL_ROWS,
    trials: int = TRIALS,
    folds: int = FOLDS,
    progress: Progress = silent,
) -> Tuned:
    """Search until the study has ``trials`` finished trials, those of earlier runs included.

    The first trial is the product's configuration. Each trial has its own seed, so that a search that was
    interrupted ends with the same trials as one that was not.

    Raises TrainingError ``study_stale``, ``study_unreadable``, ``too_few_rows``, ``one_class``, ``fit_failed``.
    """
    study = open_study(path, study_name, fingerprint(inputs, is_default, config, folds))
    fold = stratified_folds(is_default, folds, config.seed + SEED_APART)
    study.pruner = optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS)
    while (done := finished(study)) < trials:
        study.sampler = optuna.samplers.TPESampler(seed=config.seed + done, n_startup_trials=STARTUP_TRIALS)
        if not done and not study.get_trials(states=(TrialState.WAITING,)):
            study.enqueue_trial(start_of(config))
        study.optimize(lambda trial: _value(trial, inputs, is_default, fold, config), n_trials=1)
        progress(f"study {study_name}, {done + 1} of {trials}: {_told(study)}")
    return _tuned(study, config)


def stored(
    path: Path, study_name: str, inputs: Inputs, is_default: Floats, config: TrainingConfig, folds: int = FOLDS
) -> Tuned | None:
    """The best of a kept study, or None where there is none; raises TrainingError ``study_stale``."""
    study = find_study(path, study_name, fingerprint(inputs, is_default, config, folds))
    return None if study is None else _tuned(study, config)


def outside(inputs: Inputs, is_default: Floats, fold: Folds, number: int) -> tuple[Inputs, Floats]:
    """The rows that a search for the fold ``number`` may see."""
    rows = fold != number
    return Inputs(inputs.matrix[rows], inputs.specification), is_default[rows]


def study_of_fold(number: int) -> str:
    """The name of the study that has not seen the fold ``number`` of the comparison."""
    return f"without-fold-{number + 1}"


def start_of(config: TrainingConfig) -> dict[str, float]:
    """The configuration as a point of the searched space, moved to its border where it lies outside."""
    given = {**config.lightgbm, "total_step": config.lightgbm.get("learning_rate", 0.1) * config.rounds}
    return {each.name: _inside(each, float(given.get(each.name, each.default))) for each in SPACE}


def boosting_of(point: Mapping[str, float], config: TrainingConfig) -> Boosting:
    """One fit with the parameters of a point; what is not searched stays as configured."""
    searched: dict[str, Any] = {name: value for name, value in point.items() if name != "total_step"}
    rounds = max(1, round(point["total_step"] / point["learning_rate"]))
    return Boosting({**config.lightgbm, **searched}, rounds)


def held_out_loss(margin: Floats, is_default: Floats, seed: int) -> float:
    """Log loss of one held-out fold, each half calibrated by the other; of the base rate if nothing can be."""
    halves = stratified_folds(is_default, 2, seed)
    try:
        probability = cross_fitted_probability(margin, is_default, halves)
    except TrainingError as error:
        if error.code != "calibration_failed":
            raise
        probability = np.full(len(margin), is_default.mean())
    return metrics.log_loss(is_default, probability)


def _value(trial: optuna.Trial, inputs: Inputs, is_default: Floats, fold: Folds, config: TrainingConfig) -> float:
    boosting = boosting_of({each.name: _suggest(trial, each) for each in SPACE}, config)
    strategy = Strategy("trial", learner(boosting))

    def one(number: int) -> float:
        inside = fold == number
        predict = learn_without(strategy, inputs, is_default, fold, number, config.seed)
        return held_out_loss(predict(inputs.matrix[inside]), is_default[inside], config.seed)

    losses: list[float] = []
    numbers = range(int(fold.max()) + 1)
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        for first in numbers[::AT_ONCE]:
            losses += pool.map(one, numbers[first : first + AT_ONCE])
            trial.report(float(np.mean(losses)), step=len(losses))
            if len(losses) < len(numbers) and trial.should_prune():
                raise optuna.TrialPruned
    return float(np.mean(losses))


def _suggest(trial: optuna.Trial, each: Dimension) -> float:
    if each.whole:
        return trial.suggest_int(each.name, int(each.low), int(each.high), log=each.log)
    return trial.suggest_float(each.name, each.low, each.high, log=each.log)


def _inside(each: Dimension, value: float) -> float:
    value = min(max(value, each.low), each.high)
    return int(value) if each.whole else value


def _told(study: optuna.Study) -> str:
    last = study.trials[-1]
    said = "pruned" if last.state == TrialState.PRUNED else f"log loss {last.value:.5f}"
    return f"{said}, best {study.best_value:.5f}"


def _tuned(study: optuna.Study, config: TrainingConfig) -> Tuned:
    completed = study.get_trials(states=(TrialState.COMPLETE,))
    return Tuned(
        study=study.study_name,
        boosting=replace(boosting_of(study.best_params, config), members=config.members),
        log_loss=study.best_value,
        start_log_loss=completed[0].value or math.nan,
        completed=len(completed),
        pruned=finished(study) - len(completed),
    )


def journal_path(product: str) -> Path:
    """Where the searches of a product are kept."""
    return home() / "tuning" / f"{product}.journal"


def main(arguments: Sequence[str] | None = None) -> int:
    """Tune from the command line; returns 0, 1 after an error, 130 after an interruption."""
    options = _parser().parse_args(arguments)
    path = options.journal or journal_path(options.product)
    try:
        report = progress_lines()
        loaded = load(options.product, options.data, rows=options.rows, progress=report)
        for each in _searches(loaded, path, options, report):
            print(_summary(each))
        return 0
    except KeyboardInterrupt:
        print(f"interrupted: every finished trial is kept in {path}; the same command goes on.", file=sys.stderr)
        return 130
    except MlError as error:
        print(f"error ({error.code}): {error.message}", file=sys.stderr)
        return 1


def _searches(loaded: Loaded, path: Path, options: argparse.Namespace, progress: Progress) -> list[Tuned]:
    data, config = loaded.data, loaded.config
    everything = Inputs(data.matrix, data.specification)
    searches = [(ALL_ROWS, (everything, data.is_default))]
    if options.nested:
        fold = stratified_folds(data.is_default, config.folds, config.seed)
        numbers = range(config.folds)
        searches += [(study_of_fold(k), outside(everything, data.is_default, fold, k)) for k in numbers]
    return [
        tune(*rows, config, path=path, study_name=name, trials=options.trials, progress=progress)
        for name, rows in searches
    ]


def _summary(tuned: Tuned) -> str:
    searched = {each.name for each in SPACE}
    shown = {name: value for name, value in tuned.boosting.parameters.items() if name in searched}
    values = ", ".join(f"{name} {value:.4g}" for name, value in sorted(shown.items()))
    return (
        f"study {tuned.study}: log loss {tuned.log_loss:.5f} ({tuned.start_log_loss:.5f} as configured), "
        f"{tuned.completed} trials completed, {tuned.pruned} pruned\n  {tuned.boosting.rounds} trees, {values}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml.tuning", description="Tune a product's model.")
    add_data_options(parser)
    parser.add_argument("--trials", type=int, default=TRIALS, help="finished trials per study, earlier ones included")
    parser.add_argument(
        "--nested", action="store_true", help="also search without each fold of the comparison, so it judges fairly"
    )
    parser.add_argument("--journal", type=Path, help="where the searches are kept")
    return parser


if __name__ == "__main__":
    sys.exit(main())
