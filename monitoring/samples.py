"""Samples of the reference and of the current applicants as tables that people can read."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.contract import Contract
from ml.features import Feature
from ml.model import ScoringModel
from monitoring.current import Matrix

# The report's own cost grows with rows and columns; at this size it takes half a minute.
SAMPLE_ROWS = 2_000
SEED = 20_260_101
PROBABILITY = "Probability of default"


@dataclass(frozen=True)
class Samples:
    """Two tables with the same columns; ``left_out`` names those without any value on one side."""

    reference: pd.DataFrame
    current: pd.DataFrame
    categories: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def numbers(self) -> tuple[str, ...]:
        return tuple(name for name in self.reference.columns if name not in self.categories)


def samples(model: ScoringModel, matrix: Matrix) -> Samples:
    # the reference's probabilities are out of fold: a model knows the rows it was trained on too well
    reference = _readable(model, model.matrix(model.reference), model.reference["probability_of_default"])
    rows = _some(matrix)
    current = _readable(model, rows, pd.Series(model.predict(rows).probability_of_default))
    # a test of two distributions needs two distributions
    empty = [name for name in reference if reference[name].isna().all() or current[name].isna().all()]
    categories = {_title(model, feature) for feature in model.specification.features if feature.dtype == "category"}
    return Samples(
        reference=reference.drop(columns=empty),
        current=current.drop(columns=empty),
        categories=tuple(name for name in reference.columns if name in categories and name not in empty),
        left_out=tuple(empty),
    )


def _some(matrix: Matrix) -> Matrix:
    """The same rows each time, so that asking again gives the same report."""
    if len(matrix) <= SAMPLE_ROWS:
        return matrix
    chosen = np.random.default_rng(SEED).choice(len(matrix), SAMPLE_ROWS, replace=False)
    return matrix[np.sort(chosen)]


def _readable(model: ScoringModel, matrix: Matrix, probability: "pd.Series[float]") -> pd.DataFrame:
    columns = {PROBABILITY: pd.Series(probability.to_numpy(dtype=np.float64))}
    for place, feature in enumerate(model.specification.features):
        if model.of_application[place]:  # of the reference the bundle keeps no histories
            columns[_title(model, feature)] = _column(model.contract, feature, matrix[:, place])
    return pd.DataFrame(columns)


def _column(contract: Contract, feature: Feature, values: Matrix) -> "pd.Series[float] | pd.Series[str]":
    if feature.dtype != "category":
        return pd.Series(values.astype(np.float64))
    labels = contract.application.column(feature.inputs[0]).category_labels
    words = [labels[category][0] if category in labels else category for category in feature.categories]
    return pd.Series([words[int(value)] if not np.isnan(value) else None for value in values], dtype=object)


def _title(model: ScoringModel, feature: Feature) -> str:
    """The label; with the feature's name where two share one."""
    twins = [other for other in model.specification.features if other.label_en == feature.label_en]
    return feature.label_en if len(twins) == 1 else f"{feature.label_en} ({feature.name})"
