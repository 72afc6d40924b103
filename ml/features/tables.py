"""From a lender's tables to the model's matrix: scans, runs the compiled histories on Polars, places the blocks.

The only module of the features that knows Polars; :mod:`ml.features.batch` does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ml.contract_types import Contract, Table
from ml.errors import ContractError, Problem
from ml.features.batch import aggregate_frames
from ml.features.expressions import Values
from ml.features.matrix import STRIP, fill_matrix
from ml.features.specification import Specification
from ml.progress import Progress, silent
from ml.table_reading import NULLS, reading_problem
from ml.value_checks import pointer_to

Source = pl.LazyFrame | Path


@dataclass(frozen=True)
class TableMatrix:
    """The model's matrix, float32 of shape (n, features), and the identifiers of its rows, int64 of shape (n,)."""

    ids: NDArray[np.int64]
    values: NDArray[np.float32]


def scan_table(contract: Contract, path: Path, name: str) -> pl.LazyFrame:
    """A raw table as a lazy frame; CSV with the contract's types, never with guessed ones.

    Raises ContractError ``table_missing``, ``table_unreadable`` or ``table_empty``; a file that turns
    out to be cut off further on is named by :func:`collect`.
    """
    if not path.is_file():
        raise ContractError(f"{path.name}: there is no such file.", code="table_missing")
    if path.stat().st_size == 0:
        raise ContractError(f"{path.name}: the file is empty (0 bytes).", code="table_empty")
    if path.suffix == ".parquet":
        return pl.scan_parquet(path)
    kinds = {"category": pl.String, "id": pl.Int64}
    types = {column.name: kinds.get(column.dtype, pl.Float64) for column in contract.tables[name].columns}
    return pl.scan_csv(path, schema_overrides=types, null_values=NULLS)


def collect(frame: pl.LazyFrame, name: str) -> pl.DataFrame:
    """Run a lazy frame on the streaming engine; raises ContractError ``table_unreadable`` naming the table."""
    try:
        return frame.collect(engine="streaming")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ContractError(f"{name}: {reading_problem(str(error))}.", code="table_unreadable") from error


def matrix_from_tables(
    specification: Specification, contract: Contract, tables: Mapping[str, Source], *, progress: Progress = silent
) -> TableMatrix:
    """Build the matrix of every row of the application table.

    Parameters: ``tables`` maps table names to lazy frames or paths; child tables may be left out, then
    nobody has such rows.

    Returns: identifiers and matrix in the order of the application table. Memory is bounded by one
    table's aggregates beside the matrix.

    Raises ContractError: no application table, a table that cannot be read, or a value the contract forbids.
    """
    if contract.root_table not in tables:
        raise ContractError(f"There is no table {contract.root_table}.", code="table_missing")
    frames = {name: _scanned(contract, name, source) for name, source in tables.items()}
    columns = _application(specification, contract, frames.pop(contract.root_table))
    ids = columns.pop(contract.id_column)
    matrix = np.empty((len(ids), len(specification.features)), dtype=np.float32)
    aggregates = _place_aggregates(matrix, ids, specification, contract, frames, progress)
    fill_matrix(matrix, specification, contract, columns, aggregates)
    return TableMatrix(ids, matrix)


def _scanned(contract: Contract, name: str, source: Source) -> pl.LazyFrame:
    return source if isinstance(source, pl.LazyFrame) else scan_table(contract, source, name)


def _application(specification: Specification, contract: Contract, frame: pl.LazyFrame) -> dict[str, NDArray[Any]]:
    there = set(frame.collect_schema().names())
    if contract.id_column not in there:
        raise ContractError(f"{contract.root_table} has no column {contract.id_column}.", code="table_columns")
    names = [name for name in specification.columns if name in there]
    rows = collect(frame.select(contract.id_column, *names), contract.root_table)
    return {name: rows.get_column(name).to_numpy() for name in rows.columns}


def _place_aggregates(
    matrix: NDArray[np.float32],
    ids: NDArray[np.int64],
    specification: Specification,
    contract: Contract,
    frames: Mapping[str, pl.LazyFrame],
    progress: Progress,
) -> dict[str, Values]:
    """Write the aggregates into the matrix, table by table; return those that expressions lean on, as float64."""
    for history in specification.histories:
        if history.table in frames:
            _check_categories(contract.tables[history.table], history.columns, frames[history.table])
    lazy = {name: nw.from_native(frame) for name, frame in frames.items()}
    compiled = aggregate_frames(specification, contract, lazy)
    places = {name: place for place, name in enumerate(specification.names)}
    kept: dict[str, Values] = {}
    for history in specification.histories:
        names = [each.name for each in history.aggregates if each.name in places]
        if not names:
            continue
        progress(f"features of {history.table}: {len(names)}")
        frame = compiled.get(history.table)
        rows = None if frame is None else collect(frame.to_native(), history.table)
        block = _aligned(rows, ids, contract.id_column, {name: specification.empty_values[name] for name in names})
        del rows
        kept |= {name: block.get_column(name).to_numpy() for name in names if name in specification.intermediate}
        _write(matrix, block, [places[name] for name in names])
    return kept


def _aligned(rows: pl.DataFrame | None, ids: NDArray[np.int64], key: str, empty: Mapping[str, float]) -> pl.DataFrame:
    """One row per identifier in the given order, the values of nobody's rows where there are none."""
    frame = pl.DataFrame({key: ids})
    if rows is None:
        return frame.select(pl.repeat(value, len(ids)).alias(name) for name, value in empty.items())
    joined = frame.join(rows, on=key, how="left", maintain_order="left").lazy()
    return joined.select(pl.col(name).fill_null(value) for name, value in empty.items()).collect()


def _write(matrix: NDArray[np.float32], block: pl.DataFrame, places: list[int]) -> None:
    # In strips of rows: column by column each value would cost a cache line of its own.
    with np.errstate(over="ignore"):
        for start in range(0, len(matrix), STRIP):
            matrix[start : start + STRIP, places] = block.slice(start, STRIP).to_numpy()


def _check_categories(table: Table, names: tuple[str, ...], frame: pl.LazyFrame) -> None:
    there = set(frame.collect_schema().names())
    closed = [table.column(name) for name in names if name in table.by_name and name in there]
    closed = [column for column in closed if column.dtype == "category" and not column.unseen_allowed]
    if not closed:
        return
    values = [pl.col(column.name).unique().implode() for column in closed]
    for column, found in zip(closed, collect(frame.select(values), table.name).row(0), strict=True):
        unseen = sorted(str(value) for value in found if value is not None and value not in column.category_set)
        if unseen:
            what = f"{column.name}: {unseen[0]!r} is not a category."
            problem = Problem(pointer_to(table.name, column.name), "unseen_category", what, column.allowed)
            raise ContractError(what, [problem], "unseen_category")
