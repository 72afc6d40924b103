"""Features as data: one specification, one function from raw columns to the model's matrix."""

from ml.features.columns import columns_from_frame
from ml.features.matrix import build_matrix
from ml.features.specification import Feature, Specification, load_specification

__all__ = [
    "Feature",
    "Specification",
    "build_matrix",
    "columns_from_frame",
    "load_specification",
]
