"""Trains one model: out-of-fold judgement, calibration, business cutoff, final fit on all rows."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.averaging import mean_booster
from ml.calibrate import Calibration, cross_fitted_probability, fit_calibration
from ml.contract import Contract
from ml.cutoff import CostMatrix
from ml.errors import TrainingError
from ml.evaluation import Decile, Evaluation, calibration_deciles, evaluate
from ml.features import Specification, build_matrix, columns_from_frame
from ml.features.specification import raw_specification
from ml.folds import stratified_folds
from ml.metrics import is_declined
from ml.progress import Progress, silent
from ml.training_config import TrainingConfig
from ml.training_data import NO_CHILDREN, TrainingData, prepare

Floats = NDArray[np.float64]
OWN, DEFAULTS, EVERYONE = "model", "lightgbm_defaults", "accept_everyone"
# One thread per fit and the fits side by side: the same bits on any machine, and no thread waits
# spinning for another when the cores are busy.
FIXED = {"objective": "binary", "num_threads": 1, "deterministic": True, "force_col_wise": True, "verbosity": -1}


@dataclass(frozen=True)
class TrainingOutcome:
    """Everything a bundle is made of.

    ``evaluations``: the model first, then the baselines, all on the same folds. ``out_of_fold`` are the
    model's cross-fitted probabilities of the rows of ``data``.
    """

    data: TrainingData
    config: TrainingConfig
    costs: CostMatrix
    booster: lgb.Booster
    calibration: Calibration
    cutoff: float
    evaluations: tuple[Evaluation, ...]
    deciles: tuple[Decile, ...]
    out_of_fold: Floats
    seconds: float

    @property
    def specification(self) -> Specification:
        """The features the model uses."""
        return self.data.specification


@dataclass(frozen=True)
class _Recipe:
    """What to fit per fold: the mean of ``members`` boosters that differ by their seed."""

    name: str
    matrix: NDArray[np.float32]
    specification: Specification
    parameters: dict[str, Any]
    rounds: int
    members: int = 1


def train(
    frame: pd.DataFrame,
    contract: Contract,
    specification: Specification,
    config: TrainingConfig,
    *,
    children: Mapping[str, Path] = NO_CHILDREN,
    progress: Progress = silent,
) -> TrainingOutcome:
    """Train and judge one model and its two baselines.

    Parameters: ``frame`` of raw application rows with identifier and target; ``children`` the files of
    child tables by name.

    The folds are stratified; every figure is out of fold. Calibration is fitted for each fold on the
    other folds' predictions, and the cutoff is the break-even probability of the costs, which needs no
    fitting once probabilities are calibrated: no row judges itself.

    Raises TrainingError as :func:`ml.training_data.prepare`, and ``calibration_failed``.
    """
    started = time.monotonic()
    data = prepare(frame, contract, specification, config.folds, children=children, progress=progress)
    progress(f"{len(data.frame)} rows, {data.is_default.mean():.2%} default, {len(data.specification.names)} features")
    if data.dropped:
        progress(f"dropped, constant or missing throughout: {', '.join(data.dropped)}")
    costs = CostMatrix(contract.cost_false_negative, contract.cost_false_positive)
    fold = stratified_folds(data.is_default, config.folds, config.seed)
    own, plain = _recipes(data, contract, config)
    margins, booster = _fit_all(own, plain, data.is_default, fold, progress)
    probability = cross_fitted_probability(margins[OWN], data.is_default, fold)
    return TrainingOutcome(
        data=data,
        config=config,
        costs=costs,
        booster=booster,
        calibration=fit_calibration(margins[OWN], data.is_default),
        cutoff=costs.break_even,
        evaluations=_evaluations(margins, data.is_default, fold, costs),
        deciles=calibration_deciles(data.is_default, probability),
        out_of_fold=probability,
        seconds=time.monotonic() - started,
    )


def _recipes(data: TrainingData, contract: Contract, config: TrainingConfig) -> tuple[_Recipe, _Recipe]:
    signs = [feature.monotone for feature in data.specification.features]
    parameters = {**config.lightgbm, **FIXED, "seed": config.seed, "monotone_constraints": signs}
    own = _Recipe(OWN, data.matrix, data.specification, parameters, config.rounds, config.members)
    raw = raw_specification(contract)
    matrix = build_matrix(raw, contract, columns_from_frame(contract, data.frame))
    # LightGBM as it comes: 100 rounds, no parameter set but those that fix threads and seed.
    return own, _Recipe(DEFAULTS, matrix, raw, {**FIXED, "seed": config.seed}, 100)


def _fit_all(
    own: _Recipe, plain: _Recipe, is_default: Floats, fold: NDArray[np.int64], progress: Progress
) -> tuple[dict[str, Floats], lgb.Booster]:
    """Out-of-fold margins of both recipes, and the model fitted on all rows."""
    margins = {own.name: np.zeros(len(fold)), plain.name: np.zeros(len(fold))}
    numbers = range(int(fold.max()) + 1)

    def one_fold(recipe: _Recipe, number: int) -> str:
        inside = fold == number
        booster = _fit(recipe, is_default, ~inside, lambda text: progress(f"{recipe.name}, fold {number + 1}: {text}"))
        margins[recipe.name][inside] = booster.predict(recipe.matrix[inside], raw_score=True, num_threads=1)
        return f"{recipe.name}, fold {number + 1} of {len(numbers)}: done"

    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, len(numbers))) as pool:
        everyone = np.ones(len(fold), dtype=bool)
        final = pool.submit(_fit, own, is_default, everyone, lambda text: progress(f"{own.name}, all rows: {text}"))
        waiting = [pool.submit(one_fold, recipe, number) for recipe in (own, plain) for number in numbers]
        _report(waiting, progress)
        booster = final.result()
        progress("model fitted on all rows")
    return margins, booster


def _report(waiting: list[Future[str]], progress: Progress) -> None:
    for done, future in enumerate(as_completed(waiting), start=1):
        progress(f"{future.result()} ({done} of {len(waiting)})")


def _fit(recipe: _Recipe, is_default: Floats, rows: NDArray[np.bool_], progress: Progress) -> lgb.Booster:
    specification = recipe.specification
    try:
        dataset = lgb.Dataset(
            recipe.matrix[rows],
            is_default[rows],
            feature_name=list(specification.names),
            categorical_feature=list(specification.categorical),
            params=dict(recipe.parameters),
            free_raw_data=False,
        )
        return mean_booster([_member(recipe, dataset, number, progress) for number in range(recipe.members)])
    except lgb.basic.LightGBMError as error:
        raise TrainingError("fit_failed", f"LightGBM cannot be trained: {error}") from error


def _member(recipe: _Recipe, dataset: lgb.Dataset, number: int, progress: Progress) -> lgb.Booster:
    parameters = {**recipe.parameters, "seed": recipe.parameters["seed"] + number}
    called = f"model {number + 1} of {recipe.members}: " if recipe.members > 1 else ""
    report = _every_quarter(recipe.rounds, lambda text: progress(f"{called}{text}"))
    return lgb.train(parameters, dataset, recipe.rounds, callbacks=[report])


def _every_quarter(rounds: int, progress: Progress) -> Callable[[Any], None]:
    step = max(1, rounds // 4)

    def report(state: Any) -> None:
        trees = state.iteration + 1
        if trees % step == 0 and trees < rounds:
            progress(f"{trees} of {rounds} trees")

    return report


def _evaluations(
    margins: dict[str, Floats], is_default: Floats, fold: NDArray[np.int64], costs: CostMatrix
) -> tuple[Evaluation, ...]:
    rows = []
    for name, margin in margins.items():
        probability = cross_fitted_probability(margin, is_default, fold)
        declined = is_declined(probability, costs.break_even)
        rows.append(evaluate(name, is_default, probability, declined, fold, costs))
    base = np.full(len(is_default), is_default.mean())
    nobody = np.zeros(len(is_default), dtype=bool)
    rows.append(evaluate(EVERYONE, is_default, base, nobody, fold, costs))
    return tuple(rows)
