"""What a strategy is: it learns from a sample and gives back how to predict. Nothing else reaches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from ml.errors import TrainingError
from ml.features import Specification

Floats = NDArray[np.float64]
Matrix = NDArray[np.float32]
# From a matrix of the sample's columns, shape (n, k), to raw margins (log-odds), shape (n,).
Predict = Callable[[Matrix], Floats]


@dataclass(frozen=True)
class Inputs:
    """A matrix, float32 (n, k) with NaN for missing, and what its columns are."""

    matrix: Matrix
    specification: Specification


@dataclass(frozen=True)
class Sample:
    """All that a strategy sees while it learns: the rows outside the fold ``held_out``.

    ``is_default`` 0 or 1, shape (n,). Whatever is fitted - imputation, scale, bins, synthetic rows - is
    fitted on this, so a row that is judged cannot have had a part in it.
    """

    inputs: Inputs
    is_default: Floats
    seed: int
    held_out: int | None = None

    @property
    def smaller_class(self) -> int:
        """Rows of the smaller class."""
        return int(min(self.is_default.sum(), (1 - self.is_default).sum()))


Learn = Callable[[Sample], Predict]


@dataclass(frozen=True)
class Strategy:
    """A way to decide.

    ``view`` names its inputs: the product's ``features`` or the ``raw`` columns. ``declines`` is False for
    the strategy that grants to everyone. ``repeatable`` is False when it knows the folds of the first seed
    only; ``honest`` is False when it was chosen on the very rows it is judged by.
    """

    name: str
    learn: Learn
    view: str = "features"
    declines: bool = True
    repeatable: bool = True
    honest: bool = True


def learn_base_rate(sample: Sample) -> Predict:
    """Give everyone the sample's log-odds of default."""
    base = float(logit(sample.is_default.mean()))
    return lambda matrix: np.full(len(matrix), base)


def check_classes(sample: Sample) -> None:
    """Raise TrainingError ``one_class`` unless the sample has defaulters and payers."""
    if sample.smaller_class == 0:
        raise TrainingError("one_class", "Only one class is present: defaulters and payers are both needed.")
