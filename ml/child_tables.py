"""The child tables of a training folder: found, held against the contract column by column, counted and digested."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ml.contract_types import Column, Contract, Table
from ml.errors import ContractError, Problem
from ml.features.tables import collect, scan_table
from ml.frame_validation import ROWS_NAMED, expected_columns, lets_pass
from ml.progress import Progress, silent
from ml.raw_tables import find_table
from ml.value_checks import pointer_to, problem, show

PIECE = 1 << 20


@dataclass(frozen=True)
class ChildTable:
    """One child table as it was read: ``orphans`` are its rows without a parent, which no feature counts.

    ``sha256`` is the digest of the file.
    """

    name: str
    path: Path
    rows: int
    orphans: int
    sha256: str


def find_children(contract: Contract, folder: Path) -> dict[str, Path]:
    """The child tables that are in a folder, by name."""
    found = {table.name: find_table(folder, table.name) for table in contract.child_tables}
    return {name: path for name, path in found.items() if path is not None}


def check_children(
    contract: Contract, ids: pl.Series, paths: Mapping[str, Path], *, progress: Progress = silent
) -> tuple[ChildTable, ...]:
    """Hold child tables against the contract, each in one pass.

    Parameters: ``ids`` of the applications, int64; ``paths`` of the files by table name.

    Rows without a parent are counted, not refused: applications leave a portfolio before their histories do.

    Raises ContractError naming the file: as :func:`ml.features.tables.scan_table`, ``table_columns``, and
    ``table_values`` (wrong type, unseen category, out of range, duplicate key, missing value).
    """
    read = []
    for name, path in paths.items():
        progress(f"checking {path.name}")
        table = contract.tables[name]
        frame = scan_table(contract, path, name)
        _check(contract, table, path, frame)
        parents = _parent_ids(contract, table, ids, paths)
        rows, orphans = collect(_counted(table, frame, parents), path.name).row(0)
        read.append(ChildTable(name, path, rows, orphans, _digest(path)))
    return tuple(read)


def _counted(table: Table, frame: pl.LazyFrame, parents: pl.Series) -> pl.LazyFrame:
    key = pl.col(str(table.parent_key)).cast(pl.Int64)
    orphan = ~key.is_in(parents.implode()) | key.is_null()
    return frame.select(pl.len().alias("rows"), orphan.sum().alias("orphans"))


def _parent_ids(contract: Contract, table: Table, ids: pl.Series, paths: Mapping[str, Path]) -> pl.Series:
    """The keys of the parent's rows; of no rows where the parent is not there."""
    if table.parent in (None, contract.root_table):
        return ids
    parent = contract.tables[str(table.parent)]
    if parent.name not in paths:
        return pl.Series(dtype=pl.Int64)
    frame = scan_table(contract, paths[parent.name], parent.name)
    return collect(frame.select(pl.col(parent.key).cast(pl.Int64)), parent.name).to_series()


def _check(contract: Contract, table: Table, path: Path, frame: pl.LazyFrame) -> None:
    schema = frame.collect_schema()
    problems = list(_shape(contract, table, list(schema.names())))
    if problems:
        raise _error(path, "table_columns", problems)
    typed = [column for column in table.columns if column.name in schema]
    problems = [found for column in typed if (found := _wrong_type(column, schema[column.name]))]
    if problems:
        raise _error(path, "table_values", problems)
    facts = collect(frame.select(_facts(table, typed)), path.name).row(0, named=True)
    problems = [found for column in typed for found in _problems(table, column, facts)]
    if problems:
        raise _error(path, "table_values", problems)


def _shape(contract: Contract, table: Table, names: list[str]) -> Iterator[Problem]:
    for name in names:
        if name not in table.by_name:
            yield Problem(pointer_to(table.name, name), "unknown_column", f"column {show(name)} is not known")
    for name in expected_columns(contract, table, require_target=False, complete=True):
        if name not in names:
            yield Problem(pointer_to(table.name, name), "missing", f"column {show(name)} is missing")


def _wrong_type(column: Column, dtype: pl.DataType) -> Problem | None:
    text = isinstance(dtype, pl.String | pl.Categorical | pl.Enum)
    right = text if column.dtype == "category" else dtype.is_numeric()
    # A column without any value has no type of its own.
    if right or isinstance(dtype, pl.Null):
        return None
    kind = "text" if column.dtype == "category" else "numbers"
    return _found(column, "wrong_type", f"expected {kind}, the file holds {str(dtype).lower()}")


def _facts(table: Table, columns: list[Column]) -> list[pl.Expr]:
    facts: list[pl.Expr] = []
    for column in columns:
        values = pl.col(column.name)
        facts += [values.is_null().sum().alias(f"{column.name}:missing")]
        if column.dtype == "category":
            facts += [values.cast(pl.String).unique().implode().alias(f"{column.name}:values")]
        else:
            facts += _number_facts(column, values.cast(pl.Float64))
        if column.name == table.key:
            facts += [(values.count() - values.drop_nulls().n_unique()).alias(f"{column.name}:again")]
    return facts


def _number_facts(column: Column, values: pl.Expr) -> list[pl.Expr]:
    known = values.fill_nan(None)
    infinite = known.is_infinite()
    usable = pl.when(~infinite & ~known.is_in(list(column.sentinels))).then(known)
    fraction = (usable != usable.round()).sum() if column.dtype != "float" else pl.lit(0)
    return [
        values.is_nan().sum().alias(f"{column.name}:nan"),
        infinite.sum().alias(f"{column.name}:infinite"),
        fraction.alias(f"{column.name}:fraction"),
        usable.min().alias(f"{column.name}:least"),
        usable.max().alias(f"{column.name}:greatest"),
    ]


def _problems(table: Table, column: Column, facts: Mapping[str, Any]) -> Iterator[Problem]:
    def fact(name: str) -> Any:
        return facts.get(f"{column.name}:{name}") or 0

    missing = fact("missing") + fact("nan")
    if missing and not column.nullable:
        yield _found(column, "missing", f"no value in {missing} rows")
    if fact("again"):
        yield _found(column, "duplicate_id", f"used more than once in {fact('again')} rows")
    if column.dtype == "category":
        yield from _category_problems(column, facts[f"{column.name}:values"])
        return
    if fact("infinite"):
        yield _found(column, "not_finite", f"not a finite number in {fact('infinite')} rows")
    if fact("fraction"):
        yield _found(column, "wrong_type", f"not a whole number in {fact('fraction')} rows")
    least, greatest = facts[f"{column.name}:least"], facts[f"{column.name}:greatest"]
    low, high = column.minimum, column.maximum
    if least is not None and ((low is not None and least < low) or (high is not None and greatest > high)):
        yield _found(column, "out_of_range", f"outside the allowed range (from {least:.12g} to {greatest:.12g})")


def _category_problems(column: Column, values: list[str | None]) -> Iterator[Problem]:
    unknown = sorted(value for value in values if value is not None and not lets_pass(column, value))
    for value in unknown[:ROWS_NAMED]:
        meant = column.folded_categories.get(value.strip().casefold())
        hint = f"; did you mean {show(meant)}?" if meant else ""
        yield _found(column, "unseen_category", f"{show(value)} is not a known value{hint}")


def _found(column: Column, code: str, what: str) -> Problem:
    return problem(column, pointer_to(column.table, column.name), code, f"{column.name}: {what}")


def _error(path: Path, code: str, problems: list[Problem]) -> ContractError:
    what = "; ".join(found.message.rstrip(".") for found in problems[:3])
    return ContractError(f"{path.name}: {what}.", problems, code)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
