"""A lender's raw tables in a folder, one applicant at a time as a credit file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ml.contract import Contract, Table
from ml.errors import ContractError
from ml.validation import read_table

SUFFIXES = (".parquet", ".csv", ".csv.gz")


@dataclass(frozen=True)
class RawApplicant:
    """One applicant as the lender's tables hold it; ``is_default`` is None where the outcome is not known."""

    key: int
    file: dict[str, Any]
    is_default: bool | None


def find_table(folder: Path, name: str) -> Path | None:
    """The file of one table in a folder.

    Parameters
    ----------
    folder : folder with ``NAME.parquet``, ``NAME.csv`` or ``NAME.csv.gz``.
    name : table name; a part of a table, such as ``bureau_partial.parquet``, is found too.

    Returns
    -------
    The path, exact names before partial ones, or None when the table is not there.
    """
    exact = [folder / f"{name}{suffix}" for suffix in SUFFIXES]
    parts = [path for suffix in SUFFIXES for path in sorted(folder.glob(f"{name}_partial{suffix}"))]
    return next((path for path in exact + parts if path.is_file()), None)


def find_training_table(contract: Contract, data: Path) -> Path:
    """The application table with outcomes: ``data`` itself when it is a file, else the folder's training table.

    Raises ContractError ``table_missing``.
    """
    if data.is_file():
        return data
    names = (f"{contract.root_table}_train", contract.root_table)
    path = next((path for name in names if (path := find_table(data, name))), None)
    if path is None:
        expected = f"{names[0]}.parquet, .csv or .csv.gz"
        raise ContractError(f"No training table in {data}: expected {expected}.", code="table_missing")
    return path


def read_applicants(contract: Contract, folder: Path, *, limit: int | None = None) -> Iterator[RawApplicant]:
    """Applicants with all their child rows, in the order of the application table.

    Parameters
    ----------
    contract : the product's contract; its tables name the files.
    folder : folder with ``application_train`` or ``application`` or ``application_test`` and any child tables.
    limit : at most so many applicants; None for all.

    Raises
    ------
    ContractError : no application table, or a file that cannot be read.
    """
    applications = _read_applications(contract, folder).head(limit)
    children = {table.name: find_table(folder, table.name) for table in contract.child_tables}
    tables = {name: read_table(contract, path, name) for name, path in children.items() if path is not None}
    return applicants_of(contract, {contract.application.name: applications, **tables})


def applicants_of(contract: Contract, tables: dict[str, pd.DataFrame]) -> Iterator[RawApplicant]:
    """The same from tables in memory: frames by table name, of which only the application's is needed."""
    applications = tables[contract.application.name]
    children = _children(contract, tables, set(applications[contract.id_column]))
    for row in _records(applications):
        key = row[contract.id_column]
        target = row.pop(contract.target, None)
        file: dict[str, Any] = {contract.application.name: row}
        file |= {name: rows.get(key, []) for name, rows in children.items()}
        yield RawApplicant(key=key, file=file, is_default=None if target is None else bool(target))


def _read_applications(contract: Contract, folder: Path) -> pd.DataFrame:
    name = contract.application.name
    for candidate in (f"{name}_train", name, f"{name}_test"):
        path = find_table(folder, candidate)
        if path is not None:
            return read_table(contract, path, name)
    raise ContractError(f"No {name} table in {folder}: expected {name}_train.parquet or .csv.", code="table_missing")


def _children(
    contract: Contract, tables: dict[str, pd.DataFrame], keys: set[int]
) -> dict[str, dict[int, list[dict[str, Any]]]]:
    """Rows of each child table by applicant; a grandchild finds its applicant through its parent."""
    owners: dict[str, pd.Series[Any]] = {}
    result: dict[str, dict[int, list[dict[str, Any]]]] = {}
    for table in _parents_first(contract):
        frame = tables.get(table.name)
        if frame is None:
            continue
        owner = _owner(contract, table, frame, owners)
        frame, owner = frame[owner.isin(keys)], owner[owner.isin(keys)]
        if table.key in frame and table.key != contract.id_column:
            owners[table.name] = pd.Series(owner.to_numpy(), index=frame[table.key].to_numpy())
        result[table.name] = _grouped(frame, owner)
    return result


def _parents_first(contract: Contract) -> list[Table]:
    return sorted(contract.child_tables, key=lambda table: table.parent != contract.application.name)


def _owner(contract: Contract, table: Table, frame: pd.DataFrame, owners: dict[str, Any]) -> pd.Series[Any]:
    if contract.id_column in frame:
        return frame[contract.id_column]
    parent = owners.get(table.parent or "")
    if parent is None:
        return pd.Series(-1, index=frame.index)
    return frame[table.parent_key].map(parent[~parent.index.duplicated()]).fillna(-1)


def _grouped(frame: pd.DataFrame, owner: pd.Series[Any]) -> dict[int, list[dict[str, Any]]]:
    grouped: dict[int, list[dict[str, Any]]] = {}
    for key, row in zip(owner.astype("int64"), _records(frame), strict=True):
        grouped.setdefault(int(key), []).append(row)
    return grouped


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows with JSON types: missing is None, whole numbers are int."""
    columns = {name: _plain(frame[name]) for name in frame.columns}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _plain(column: pd.Series[Any]) -> list[Any]:
    values = column.astype(object).where(column.notna(), None)
    return [value.item() if hasattr(value, "item") else value for value in values]
