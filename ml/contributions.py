"""What each feature added to one score's log-odds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from ml.errors import ContractError
from ml.features.specification import Specification


@dataclass(frozen=True)
class Contributions:
    """SHAP values in log-odds before calibration; positive raises the probability of default.

    ``values`` has shape (n, number of features); ``base_value`` plus a row's sum is its raw margin.
    """

    base_value: float
    values: NDArray[np.float64]


def contributions(booster: lgb.Booster, matrix: NDArray[np.float32]) -> Contributions:
    """Tree SHAP contributions of each row of ``matrix`` (float32, shape (n, features)), n at least 1.

    Source: Lundberg et al. (2020), as built into LightGBM; equal to ``shap.TreeExplainer``.
    """
    if not len(matrix):
        raise ContractError("Contributions need at least one row.", code="matrix_wrong")
    found = np.asarray(booster.predict(matrix, pred_contrib=True, num_threads=1), dtype=np.float64)
    return Contributions(base_value=float(found[0, -1]), values=found[:, :-1])


def grouped(values: NDArray[np.float64], specification: Specification) -> dict[str, float]:
    """Sum one applicant's contributions (shape (features,)) by reason code.

    Features that may not be given as a reason come together under the empty code, so that the
    groups still add up.
    """
    totals: dict[str, float] = defaultdict(float)
    for feature, value in zip(specification.features, values, strict=True):
        totals[feature.reason_code] += float(value)
    return dict(totals)
