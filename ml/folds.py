"""Stratified folds: every comparison, tuning and training of one seed judges on the same ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from ml.errors import TrainingError

Folds = NDArray[np.int64]


def stratified_folds(is_default: NDArray[np.float64], folds: int, seed: int) -> Folds:
    """The fold of each row, 0 to ``folds`` - 1, with the same default rate in each.

    Parameters: ``is_default`` 0 or 1, shape (n,). Raises TrainingError ``one_class`` or ``too_few_rows``
    when a fold would be left without defaulters or payers.

    >>> sorted(stratified_folds(np.array([0.0, 1.0, 0.0, 1.0]), 2, 0).tolist())
    [0, 0, 1, 1]
    """
    smaller = int(min(is_default.sum(), (1 - is_default).sum()))
    if smaller == 0:
        raise TrainingError("one_class", "Only one class is present: defaulters and payers are both needed.")
    if smaller < folds:
        raise TrainingError("too_few_rows", f"The smaller class has {smaller} rows, too few for {folds} folds.")
    fold = np.zeros(len(is_default), dtype=np.int64)
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    for number, (_, inside) in enumerate(splitter.split(is_default, is_default)):
        fold[inside] = number
    return fold
