"""Imputed, standardised and one-hot inputs for what cannot take a category or a missing value."""

from __future__ import annotations

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from ml.features import Specification
from ml.strategies.learning import Floats

# A level seen less often says nothing that holds outside the sample.
LEAST_OF_A_LEVEL = 20
MISSING_LEVEL = -1.0
# One income of 117 million lies 300 standard deviations out, and a linear model would follow it to certainty.
MOST_DEVIATIONS = 5.0


def one_hot(specification: Specification) -> ColumnTransformer:
    """Categories one-hot; numbers standardised, outliers drawn in, the median where missing and a flag that it was."""
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=LEAST_OF_A_LEVEL, sparse_output=False)
    return _by_kind(specification, _numbers(add_indicator=True), make_pipeline(_missing_as_level(), encoder))


def coded(specification: Specification) -> ColumnTransformer:
    """Numbers as for :func:`one_hot`, categories as whole numbers, last: what SMOTE-NC takes."""
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return _by_kind(specification, _numbers(add_indicator=False), make_pipeline(_missing_as_level(), encoder))


def numeric_places(specification: Specification) -> list[int]:
    """Matrix positions of the numbers, which both transformers put first and in this order."""
    categories = set(specification.categorical)
    return [place for place in range(len(specification.names)) if place not in categories]


def signs_after(specification: Specification, columns: int) -> list[int]:
    """Monotone signs of transformed columns: those of the numbers, then 0 for all that was made of the rest."""
    signs = [specification.features[place].monotone for place in numeric_places(specification)]
    return signs + [0] * (columns - len(signs))


def as_float64(matrix: np.ndarray) -> Floats:
    """The matrix in the precision that the transformers calculate in."""
    return np.asarray(matrix, dtype=np.float64)


def _by_kind(specification: Specification, numbers: Pipeline, categories: Pipeline) -> ColumnTransformer:
    parts = [
        ("numbers", numbers, numeric_places(specification)),
        ("categories", categories, list(specification.categorical)),
    ]
    return ColumnTransformer(parts, sparse_threshold=0.0)


def _numbers(*, add_indicator: bool) -> Pipeline:
    # A column that is missing throughout the sample stays, as 0: the columns must not depend on the fold.
    imputer = SimpleImputer(strategy="median", keep_empty_features=True, add_indicator=add_indicator)
    return make_pipeline(imputer, StandardScaler(), FunctionTransformer(_clipped))


def _clipped(values: Floats) -> Floats:
    return np.clip(values, -MOST_DEVIATIONS, MOST_DEVIATIONS)


def _missing_as_level() -> SimpleImputer:
    return SimpleImputer(strategy="constant", fill_value=MISSING_LEVEL, keep_empty_features=True)
