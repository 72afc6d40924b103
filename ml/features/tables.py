"""From a lender's tables to the model's matrix: scans, runs the compiled histories on Polars, places the blocks.

The only module of the features that knows Polars; :mod:`ml.features.batch` does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ml.contract_types import Contract, Table
from ml.errors import ContractError, Problem
from ml.features.batch import PLACE, Frame, aggregate_frames
from ml.features.columns import Columns
from ml.features.expressions import Values
from ml.features.histories import History
from ml.features.matrix import STRIP, fill_matrix
from ml.features.specification import Specification
from ml.progress import Progress, silent
from ml.table_reading import NULLS, reading_problem
from ml.value_checks import pointer_to

Source = pl.LazyFrame | Path
# Sorting takes several times the memory of what is sorted; this many rows stay well under a gigabyte.
SORTED_ROWS = 4_000_000
# Applicants times aggregates: the state of a group grows with its aggregates, and each thread has its own.
GROUPED_VALUES = 60_000_000


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
    try:
        frame = pl.scan_parquet(path) if path.suffix == ".parquet" else _scan_csv(contract, path, name)
        frame.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(path.name, error) from error
    return frame


def _scan_csv(contract: Contract, path: Path, name: str) -> pl.LazyFrame:
    kinds = {"category": pl.String, "id": pl.Int64}
    types = {column.name: kinds.get(column.dtype, pl.Float64) for column in contract.tables[name].columns}
    return pl.scan_csv(path, schema_overrides=types, null_values=NULLS)


def collect(frame: pl.LazyFrame, name: str) -> pl.DataFrame:
    """Run a lazy frame on the streaming engine; raises ContractError ``table_unreadable`` naming the table."""
    try:
        return frame.collect(engine="streaming")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: Exception) -> ContractError:
    return ContractError(f"{name}: {reading_problem(str(error))}.", code="table_unreadable")


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
    return TableMatrix(ids, matrix_of_columns(specification, contract, ids, columns, frames, progress=progress))


def matrix_of_columns(
    specification: Specification,
    contract: Contract,
    ids: NDArray[np.int64],
    columns: Columns,
    frames: Mapping[str, pl.LazyFrame],
    *,
    progress: Progress = silent,
) -> NDArray[np.float32]:
    """The same from application columns in memory, as :func:`ml.features.build_matrix` takes them, and child tables."""
    matrix = np.empty((len(ids), len(specification.features)), dtype=np.float32)
    aggregates = _place_aggregates(matrix, ids, specification, contract, frames, progress)
    fill_matrix(matrix, specification, contract, columns, aggregates)
    return matrix


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
    places = {name: place for place, name in enumerate(specification.names)}
    empty, exact = specification.empty_values, specification.intermediate
    kept: dict[str, Values] = {}
    for history in specification.histories:
        names = [each.name for each in history.aggregates if each.name in places]
        if not names:
            continue
        progress(f"{history.table}: {len(names)} features")
        there = history.table in frames
        rows = (
            _aggregated(history, specification, contract, frames, len(ids))
            if there
            else _nobody(contract.id_column, names)
        )
        values = np.array([empty[name] for name in names])
        place = _Places(ids, rows.get_column(contract.id_column).to_numpy())
        kept |= {
            name: place.values(rows.select(name), values[[i]])[:, 0] for i, name in enumerate(names) if name in exact
        }
        _write(matrix, [places[name] for name in names], rows.select(names), place, values)
    return kept


def _aggregated(
    history: History,
    specification: Specification,
    contract: Contract,
    frames: Mapping[str, pl.LazyFrame],
    applicants: int,
) -> pl.DataFrame:
    """The aggregates of one table; where rows must be sorted, a share of the applicants at a time."""
    table, own = contract.tables[history.table], frames[history.table]
    leaf = table.parent == contract.root_table and not any(name not in table.by_name for name in history.columns)
    shares = _shares(history, collect(own.select(pl.len()), table.name).item(), applicants) if leaf else 1
    results = []
    for share in range(shares):
        part = own if shares == 1 else own.filter(pl.col(str(table.parent_key)) % shares == share)
        lazy = {name: nw.from_native(frame) for name, frame in {**frames, table.name: part}.items()}
        compiled = aggregate_frames(specification, contract, lazy, _sorted, only=table.name)
        results.append(collect(_narrow(compiled[table.name].to_native(), specification), table.name))
    return pl.concat(results)


def _shares(history: History, rows: int, applicants: int) -> int:
    """In how many shares of the applicants a table is worked through."""
    sorting = rows // SORTED_ROWS if history.needs_order else 0
    return max(sorting, applicants * len(history.aggregates) // GROUPED_VALUES) + 1


def _narrow(frame: pl.LazyFrame, specification: Specification) -> pl.LazyFrame:
    """As float32 what goes into the matrix only."""
    names = set(specification.names) - specification.intermediate
    return frame.with_columns(pl.col(name).cast(pl.Float32) for name in frame.collect_schema().names() if name in names)


def _sorted(rows: Frame, by: Sequence[str]) -> Frame:
    # Windows over rows that lie in their order take a tenth of the time.
    native: pl.LazyFrame = rows.to_native()
    return nw.from_native(native.sort(by, nulls_last=False).with_row_index(PLACE))


class _Places:
    """Where the group of each applicant is, of those that have one."""

    def __init__(self, ids: NDArray[np.int64], groups: NDArray[np.int64]) -> None:
        order = np.argsort(groups)
        found = np.searchsorted(groups, ids, sorter=order)
        found[found == len(groups)] = 0
        self.places = order[found] if len(groups) else found
        self.there = groups[self.places] == ids if len(groups) else np.zeros(len(ids), dtype=bool)

    def values(self, rows: pl.DataFrame, empty: Values, strip: slice = slice(None)) -> Values:
        """The groups' rows in the order of the applicants, ``empty`` where nothing is known."""
        there = self.there[strip]
        values = np.full((len(there), rows.width), np.nan, dtype=np.float64)
        values[there] = rows[self.places[strip][there]].to_numpy()
        filled: Values = np.where(np.isnan(values), empty, values)
        return filled


def _nobody(key: str, names: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(schema={key: pl.Int64} | dict.fromkeys(names, pl.Float64))


def _write(
    matrix: NDArray[np.float32], places: Sequence[int], rows: pl.DataFrame, place: _Places, empty: Values
) -> None:
    # In strips of rows: column by column each value would cost a cache line of its own.
    with np.errstate(over="ignore"):
        for start in range(0, len(matrix), STRIP):
            strip = slice(start, start + STRIP)
            matrix[strip, places] = place.values(rows, empty, strip)


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
