"""What a training table must be before anything is learnt from it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.contract import Contract
from ml.errors import TrainingError
from ml.features import Specification, build_matrix, columns_from_frame
from ml.validation import validate_frame

# With fewer of a class in a fold its metrics are noise.
LEAST_PER_FOLD = 10


@dataclass(frozen=True)
class TrainingData:
    """Rows ready to train on, in the order of their identifiers.

    ``matrix`` is float32 (n, features of ``specification``); ``dropped`` names the features left out
    because they tell nothing.
    """

    frame: pd.DataFrame
    is_default: NDArray[np.float64]
    specification: Specification
    matrix: NDArray[np.float32]
    dropped: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Digest of names and values of the training table, whatever file it came from."""
        digest = hashlib.sha256()
        for name in sorted(self.frame.columns):
            hashed = pd.util.hash_pandas_object(self.frame[name], index=False).to_numpy()
            digest.update(name.encode() + b"\0" + hashed.astype("<u8").tobytes())
        return digest.hexdigest()


def prepare(frame: pd.DataFrame, contract: Contract, specification: Specification, folds: int) -> TrainingData:
    """Check a raw application table with outcomes and build its matrix.

    A feature that is constant or missing throughout tells nothing: it is dropped and reported, not an
    error, because a lender may never fill a column in; a column that is not there breaks the contract.
    Rows are put in the order of their identifiers, so that the same rows give the same model.

    Raises TrainingError: ``training_empty``, ``target_missing``, ``one_class``, ``too_few_rows``,
    ``duplicate_id``, ``contract_broken``, ``no_features``.
    """
    _check_target(frame, contract, folds)
    _check_ids(frame, contract)
    problems = validate_frame(contract, contract.root_table, frame, require_target=True)
    if problems:
        message = "The training table breaks the contract: " + " ".join(problem.message for problem in problems[:3])
        raise TrainingError("contract_broken", message, {"problems": problems})
    frame = frame.sort_values(contract.id_column, ignore_index=True)
    matrix = build_matrix(specification, contract, columns_from_frame(contract, frame))
    kept, dropped = _informative(specification, matrix)
    places = [specification.names.index(name) for name in kept.names]
    is_default = frame[contract.target].to_numpy(dtype=np.float64)
    return TrainingData(frame, is_default, kept, np.ascontiguousarray(matrix[:, places]), dropped)


def _check_target(frame: pd.DataFrame, contract: Contract, folds: int) -> None:
    if frame.empty:
        raise TrainingError("training_empty", "The training table has no rows.")
    if contract.target not in frame:
        raise TrainingError("target_missing", f"The training table has no column {contract.target}.")
    target = frame[contract.target]
    missing = int(target.isna().sum())
    if missing:
        raise TrainingError("target_missing", f"{contract.target} is missing in {missing} of {len(target)} rows.")
    counts = target.value_counts()
    if len(counts) < 2:
        message = f"{contract.target} is {counts.index[0]} in every row: defaulters and payers are both needed."
        raise TrainingError("one_class", message)
    if counts.min() < folds * LEAST_PER_FOLD:
        needed = folds * LEAST_PER_FOLD
        message = f"The smaller class has {counts.min()} rows; {folds} folds need at least {needed}."
        raise TrainingError("too_few_rows", message)


def _check_ids(frame: pd.DataFrame, contract: Contract) -> None:
    name = contract.id_column
    if name not in frame:
        raise TrainingError("id_missing", f"The training table has no column {name}.")
    again = frame[name][frame[name].duplicated()]
    if len(again):
        shown = ", ".join(str(value) for value in again.head(3))
        raise TrainingError("duplicate_id", f"{name} occurs twice in {len(again)} rows, for example {shown}.")


def _informative(specification: Specification, matrix: NDArray[np.float32]) -> tuple[Specification, tuple[str, ...]]:
    constant = {
        name
        for name, values in zip(specification.names, matrix.T, strict=True)
        if _is_constant(values) and name not in specification.intermediate
    }
    if len(constant) == len(specification.names):
        raise TrainingError("no_features", "Every feature is constant or missing.")
    return specification.without(constant), tuple(sorted(constant))


def _is_constant(values: NDArray[np.float32]) -> bool:
    known = values[~np.isnan(values)]
    if not known.size:
        return True
    return bool(known.size == values.size and (known == known[0]).all())
