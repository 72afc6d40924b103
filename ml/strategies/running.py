"""Fits strategies fold by fold and keeps what each says of the rows it has not seen."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np

from ml.folds import Folds
from ml.progress import Progress, silent
from ml.strategies.learning import Floats, Inputs, Predict, Sample, Strategy


@dataclass(frozen=True)
class OutOfFold:
    """Raw margins of every row by a fit that had not seen it, shape (n,), and what that took.

    ``training_seconds``: mean over the folds; ``microseconds_per_row``: of predicting a whole fold at once.
    Both are processor time of one thread, which a busy machine does not change, preparation of the inputs included.
    """

    margin: Floats
    training_seconds: float
    microseconds_per_row: float


@dataclass(frozen=True)
class _Fit:
    name: str
    number: int
    margin: Floats
    training_seconds: float
    prediction_seconds: float


def learn_without(
    strategy: Strategy, inputs: Inputs, is_default: Floats, fold: Folds, number: int, seed: int
) -> Predict:
    """Fit on every fold but ``number``: the only door from the data to a strategy."""
    rows = fold != number
    kept = Inputs(inputs.matrix[rows], inputs.specification)
    return strategy.learn(Sample(kept, is_default[rows], seed, held_out=number))


def out_of_fold(
    strategies: Sequence[Strategy],
    views: Mapping[str, Inputs],
    is_default: Floats,
    fold: Folds,
    seed: int,
    progress: Progress = silent,
) -> dict[str, OutOfFold]:
    """Out-of-fold margins of each strategy, on the same folds.

    Parameters: ``views`` maps a strategy's view to its inputs, all with the rows of ``is_default``.
    Raises TrainingError of the first strategy that cannot learn.
    """
    tasks = [(strategy, number) for strategy in strategies for number in range(int(fold.max()) + 1)]
    fits: list[_Fit] = []
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, len(tasks))) as pool:
        waiting = [pool.submit(_one, each, views[each.view], is_default, fold, k, seed) for each, k in tasks]
        try:
            for done, future in enumerate(as_completed(waiting), start=1):
                fits.append(future.result())
                progress(f"seed {seed}, {fits[-1].name}, fold {fits[-1].number + 1} ({done} of {len(tasks)})")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return {each.name: _joined([fit for fit in fits if fit.name == each.name], fold) for each in strategies}


def _one(strategy: Strategy, inputs: Inputs, is_default: Floats, fold: Folds, number: int, seed: int) -> _Fit:
    started = time.thread_time()
    predict = learn_without(strategy, inputs, is_default, fold, number, seed)
    learnt = time.thread_time()
    margin = predict(inputs.matrix[fold == number])
    return _Fit(strategy.name, number, margin, learnt - started, time.thread_time() - learnt)


def _joined(fits: Sequence[_Fit], fold: Folds) -> OutOfFold:
    margin = np.empty(len(fold))
    for fit in fits:
        margin[fold == fit.number] = fit.margin
    seconds = float(np.mean([fit.training_seconds for fit in fits]))
    predicting = sum(fit.prediction_seconds for fit in fits)
    return OutOfFold(margin, seconds, 1e6 * predicting / len(fold))
