"""Applicants with their histories, as credit files and as tables: drawn from the contract alone, or genuine ones."""

from __future__ import annotations

import os
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from ml.contract import Column, Contract

CreditFile = dict[str, Any]
DATA = Path(os.environ.get("GENUINE_DATA", Path(__file__).parents[3] / "shared" / "data"))
GENUINE = DATA / "home_credit" / "relational"
GENUINE_NAMES = {"application": "application_train", "installments_payments": "installments_payments_partial"}
# Rows per child table: mostly none or few, where the special cases are.
LENGTHS = (0, 0, 1, 1, 2, 3, 5, 12, 40)


def genuine_tables(contract: Contract) -> dict[str, pl.DataFrame]:
    """The tables that are there; the applications with and without outcome as one."""
    paths = {name: GENUINE / f"{GENUINE_NAMES.get(name, name)}.parquet" for name in contract.tables}
    tables = {name: pl.read_parquet(path) for name, path in paths.items() if path.exists()}
    rest = GENUINE / "application_test.parquet"
    if rest.exists():
        both = [tables["application"].drop(contract.target), pl.read_parquet(rest)]
        tables["application"] = pl.concat(both, how="diagonal_relaxed")
    return tables


def files_of(contract: Contract, tables: Mapping[str, pl.DataFrame]) -> Iterator[CreditFile]:
    """Each application with the rows that are its own, as the API takes them; orphans are nobody's."""
    rows = {name: _by_parent(contract, name, frame) for name, frame in tables.items() if name != contract.root_table}
    for application in tables[contract.root_table].iter_rows(named=True):
        file: CreditFile = {contract.root_table: application}
        for table in contract.child_tables:
            parent = contract.tables[table.parent or contract.root_table]
            parents = [application] if parent.name == contract.root_table else file.get(parent.name, [])
            own = rows.get(table.name, {})
            file[table.name] = [row for each in parents for row in own.get(each[parent.key], [])]
        yield file


def _by_parent(contract: Contract, name: str, frame: pl.DataFrame) -> dict[Any, list[dict[str, Any]]]:
    key = str(contract.tables[name].parent_key)
    found = defaultdict(list)
    for row in frame.iter_rows(named=True):
        found[row[key]].append(row)
    return found


def as_tables(contract: Contract, files: Sequence[CreditFile]) -> dict[str, pl.LazyFrame]:
    """The rows of all files, table by table, with the contract's types."""
    return {table.name: _frame(table.columns, _rows(contract, table.name, files)) for table in contract.tables.values()}


def _rows(contract: Contract, name: str, files: Sequence[CreditFile]) -> list[dict[str, Any]]:
    if name == contract.root_table:
        return [file[name] for file in files]
    return [row for file in files for row in file.get(name, ())]


def _frame(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> pl.LazyFrame:
    kinds = {"category": pl.String(), "id": pl.Int64()}
    schema = {column.name: kinds.get(column.dtype, pl.Float64()) for column in columns}
    return pl.LazyFrame({name: [row.get(name) for row in rows] for name in schema}, schema=schema, strict=False)


def random_files(contract: Contract, number: int, seed: int) -> list[CreditFile]:
    """So many of :func:`random_file`, with the identifiers 1, 2, 3, ..."""
    rng = random.Random(seed)
    return [random_file(contract, key, rng) for key in range(1, number + 1)]


def random_file(contract: Contract, key: int, rng: random.Random) -> CreditFile:
    """One applicant with any value the contract allows, the extreme ones often, and rows of any number, none too."""
    file: CreditFile = {}
    for table in contract.tables.values():
        parents = [{contract.id_column: key}] if table.name == contract.root_table else []
        if table.parent:
            above = file[table.parent]
            parents = above if isinstance(above, list) else [above]
        lengths = [1 if table.name == contract.root_table else rng.choice(LENGTHS) for _ in parents]
        own = str(table.parent_key) if table.parent else contract.id_column
        rows = [
            _random_row(table.columns, rng) | {own: parent[own]}
            for parent, n in zip(parents, lengths, strict=True)
            for _ in range(n)
        ]
        if table.key and table.key != contract.id_column:
            rows = [row | {table.key: key * 1000 + number} for number, row in enumerate(rows)]
        file[table.name] = rows[0] if table.name == contract.root_table else rows
    file[contract.root_table].pop(contract.target, None)
    return file


def _random_row(columns: Sequence[Column], rng: random.Random) -> dict[str, Any]:
    return {column.name: random_value(column, rng) for column in columns}


def random_value(column: Column, rng: random.Random) -> Any:
    """A value the contract allows: missing, a sentinel, a bound, a repeated small number or any; or an unseen one."""
    if rng.random() < 0.15:
        return None
    if column.dtype == "category":
        return rng.choice([*column.categories, "never seen"] if column.unseen_allowed else column.categories)
    if column.minimum is None or column.maximum is None:
        return rng.randint(1, 5)
    least, greatest = column.minimum, column.maximum
    near = min(max(float(rng.randint(-3, 3)), least), greatest)
    value = rng.choice([least, greatest, near, near, near, rng.uniform(least, greatest), *column.sentinels])
    return value if column.dtype == "float" else int(value)
