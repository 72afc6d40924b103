"""What a training table must be before anything is learnt from it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from ml.child_tables import ChildTable, check_children
from ml.contract import Contract
from ml.errors import TrainingError
from ml.features import Specification, columns_from_frame
from ml.features.matrix import STRIP
from ml.features.tables import matrix_of_columns, scan_table
from ml.progress import Progress, silent
from ml.validation import validate_frame

# With fewer of a class in a fold its metrics are noise.
LEAST_PER_FOLD = 10
NO_CHILDREN: Mapping[str, Path] = MappingProxyType({})


@dataclass(frozen=True)
class TrainingData:
    """Rows ready to train on, in the order of their identifiers.

    ``matrix`` is float32 (n, features of ``specification``); ``dropped`` names the features left out
    because they tell nothing; ``children`` the child tables that were read.
    """

    frame: pd.DataFrame
    is_default: NDArray[np.float64]
    specification: Specification
    matrix: NDArray[np.float32]
    dropped: tuple[str, ...]
    children: tuple[ChildTable, ...] = ()

    @cached_property
    def sha256(self) -> str:
        """Digest of names and values of the training table, whatever its file, and of the files of child tables."""
        digest = hashlib.sha256()
        for name in sorted(self.frame.columns):
            hashed = pd.util.hash_pandas_object(self.frame[name], index=False).to_numpy()
            digest.update(name.encode() + b"\0" + hashed.astype("<u8").tobytes())
        for child in sorted(self.children, key=lambda child: child.name):
            digest.update(f"{child.name}\0{child.sha256}".encode())
        return digest.hexdigest()


def prepare(
    frame: pd.DataFrame,
    contract: Contract,
    specification: Specification,
    folds: int,
    *,
    children: Mapping[str, Path] = NO_CHILDREN,
    progress: Progress = silent,
) -> TrainingData:
    """Check a raw application table with outcomes, and child tables, and build the matrix.

    ``children`` are the files of child tables by name. A feature that is constant or missing throughout
    tells nothing: it is dropped and reported, not an error, because a lender may never fill a column in
    or keep a history; a column that is not there breaks the contract. Rows are put in the order of their
    identifiers, so that the same rows give the same model.

    Raises TrainingError: ``training_empty``, ``target_missing``, ``one_class``, ``too_few_rows``,
    ``duplicate_id``, ``contract_broken``, ``no_features``; ContractError for a child table, as
    :func:`ml.child_tables.check_children`.
    """
    _check_target(frame, contract, folds)
    _check_ids(frame, contract)
    problems = validate_frame(contract, contract.root_table, frame, require_target=True)
    if problems:
        message = "The training table breaks the contract: " + " ".join(problem.message for problem in problems[:3])
        raise TrainingError("contract_broken", message, {"problems": problems})
    frame = frame.sort_values(contract.id_column, ignore_index=True)
    ids = frame[contract.id_column].to_numpy(dtype=np.int64)
    read = check_children(contract, pl.Series(ids), children, progress=progress)
    frames = {child.name: scan_table(contract, child.path, child.name) for child in read}
    columns = columns_from_frame(contract, frame)
    matrix = matrix_of_columns(specification, contract, ids, columns, frames, progress=progress)
    kept, dropped = _informative(specification, matrix)
    places = [specification.names.index(name) for name in kept.names]
    is_default = frame[contract.target].to_numpy(dtype=np.float64)
    return TrainingData(frame, is_default, kept, _narrowed(matrix, places), dropped, read)


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
    constant = {name for name, same in zip(specification.names, _constant(matrix), strict=True) if same}
    if len(constant) == len(specification.names):
        raise TrainingError("no_features", "Every feature is constant or missing.")
    kept = specification
    # What a dropped expression was made of may be dropped with it, so again until nothing changes.
    while free := constant & set(kept.names) - kept.intermediate:
        kept = kept.without(free)
    return kept, tuple(sorted(set(specification.names) - set(kept.names)))


def _constant(matrix: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which columns have one value throughout, or none; in strips of rows, as the matrix lies in memory."""
    width = matrix.shape[1]
    least, greatest = np.full(width, np.nan, np.float32), np.full(width, np.nan, np.float32)
    missing = np.zeros(width, dtype=np.int64)
    for start in range(0, len(matrix), STRIP):
        strip = matrix[start : start + STRIP]
        least = np.fmin(least, np.fmin.reduce(strip, axis=0))
        greatest = np.fmax(greatest, np.fmax.reduce(strip, axis=0))
        missing += np.isnan(strip).sum(axis=0)
    constant: NDArray[np.bool_] = (missing == len(matrix)) | ((missing == 0) & (least == greatest))
    return constant


def _narrowed(matrix: NDArray[np.float32], places: list[int]) -> NDArray[np.float32]:
    """The matrix with those columns only, moved together within its own memory: at full size it is a gigabyte."""
    if len(places) == matrix.shape[1]:
        return matrix
    rows, width = len(matrix), len(places)
    narrow = matrix.reshape(-1)[: rows * width].reshape(rows, width)
    for start in range(0, rows, STRIP):
        narrow[start : start + STRIP] = matrix[start : start + STRIP][:, places]
    return narrow
