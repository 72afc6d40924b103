"""The product's LightGBM on rebalanced rows: fewer payers, or defaulters made up from their neighbours.

Rows are drawn or made from the sample alone, so no synthetic defaulter is a blend with one that is judged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from imblearn.over_sampling import SMOTE, SMOTENC
from imblearn.under_sampling import RandomUnderSampler
from sklearn.compose import ColumnTransformer

from ml.errors import TrainingError
from ml.strategies.boosted import Boosting, fit_boosting, fit_matrix
from ml.strategies.learning import Floats, Inputs, Learn, Matrix, Predict, Sample, check_classes
from ml.strategies.preparing import as_float64, coded, numeric_places, one_hot, signs_after

NEIGHBOURS = 5


def under_sampling_learner(boosting: Boosting) -> Learn:
    """As many payers as there are defaulters, drawn at random; the others are thrown away."""

    def learn(sample: Sample) -> Predict:
        check_classes(sample)
        rows = np.arange(len(sample.is_default))[:, None]
        kept, is_default = RandomUnderSampler(random_state=sample.seed).fit_resample(rows, sample.is_default)
        specification = sample.inputs.specification
        fewer = Sample(Inputs(sample.inputs.matrix[kept[:, 0]], specification), is_default, sample.seed)
        return fit_boosting(fewer, boosting, signs=[feature.monotone for feature in specification.features])

    return learn


def smote_learner(boosting: Boosting) -> Learn:
    """SMOTE on imputed, standardised, one-hot columns. Source: Chawla and others (2002)."""

    def learn(sample: Sample) -> Predict:
        check_neighbours(sample)
        sampler = SMOTE(k_neighbors=NEIGHBOURS, random_state=sample.seed)
        return _fit_resampled(sample, boosting, one_hot(sample.inputs.specification), sampler, categorical=[])

    return learn


def smote_nc_learner(boosting: Boosting) -> Learn:
    """SMOTE-NC: numbers are blended, categories taken by majority. Source: Chawla and others (2002).

    The learner raises TrainingError ``no_categories`` where the sample has none or nothing else.
    """

    def learn(sample: Sample) -> Predict:
        check_neighbours(sample)
        specification = sample.inputs.specification
        numbers, columns = len(numeric_places(specification)), len(specification.names)
        if numbers in (0, columns):
            raise TrainingError("no_categories", "SMOTE-NC needs both numbers and categories.")
        places = list(range(numbers, columns))
        sampler = SMOTENC(places, k_neighbors=NEIGHBOURS, random_state=sample.seed)
        return _fit_resampled(sample, boosting, coded(specification), sampler, categorical=places)

    return learn


def check_neighbours(sample: Sample) -> None:
    """Raise TrainingError ``too_few_to_blend`` unless each of the smaller class has neighbours to be blended with."""
    check_classes(sample)
    if sample.smaller_class <= NEIGHBOURS:
        message = (
            f"SMOTE blends a row with its {NEIGHBOURS} nearest; the smaller class has {sample.smaller_class} rows."
        )
        raise TrainingError("too_few_to_blend", message)


def _fit_resampled(
    sample: Sample, boosting: Boosting, prepare: ColumnTransformer, sampler: Any, *, categorical: list[int]
) -> Predict:
    prepared = prepare.fit_transform(as_float64(sample.inputs.matrix))
    blended, is_default = sampler.fit_resample(prepared, sample.is_default)
    signs = signs_after(sample.inputs.specification, blended.shape[1])
    inner = fit_matrix(blended.astype(np.float32), is_default, boosting, sample.seed, signs, categorical)

    def predict(matrix: Matrix) -> Floats:
        return inner(prepare.transform(as_float64(matrix)).astype(np.float32))

    return predict
