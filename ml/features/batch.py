"""The histories compiled to Narwhals: every applicant of a portfolio at once, lazily, on any engine Narwhals drives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import narwhals as nw

from ml.contract_types import Column, Contract, Table
from ml.errors import ContractError
from ml.features.batch_expressions import keeps, row_expression
from ml.features.histories import ALL, ORDERED, ZERO_WHEN_EMPTY, Aggregate, Filter, History
from ml.features.specification import Specification

Frame = nw.LazyFrame[Any]
PLACE = "_place"
# Adds PLACE, the number of each row when sorted by the columns given, nulls first.
Numbering = Callable[[Frame, Sequence[str]], Frame]


def numbered(rows: Frame, by: Sequence[str]) -> Frame:
    """The numbering that every engine knows."""
    return rows.with_row_index(PLACE, order_by=by)


def aggregate_frames(
    specification: Specification,
    contract: Contract,
    tables: Mapping[str, Frame],
    numbering: Numbering = numbered,
    *,
    only: str | None = None,
) -> dict[str, Frame]:
    """Compile the histories over the child tables that are there.

    Parameters: ``tables`` maps table names to lazy frames of raw rows; a table may be left out.
    ``numbering`` may be an engine's faster way; ``only`` compiles one table and what it is made of.

    Returns: for each history whose table is there, a lazy frame with one row per application that has
    rows: the contract's identifier, int64, and its application-level aggregates, float64, null where missing.
    """
    frames: dict[str, Frame] = {}
    children: dict[str, list[tuple[History, Frame]]] = {}
    for history in specification.histories:
        if history.table not in tables or not _wanted(contract, history.table, only):
            continue
        table = contract.tables[history.table]
        rows = _with_children(_typed(history, table, tables[history.table]), table, children.get(table.name, []))
        rows = _with_absent(history, rows, specification)
        if of_parent := _level(history, "parent"):
            grouped = _grouped(of_parent, table, rows, _parent_key(table), numbering)
            children.setdefault(table.parent or "", []).append((of_parent, grouped))
        if of_application := _level(history, "application"):
            rows, key = _with_owner(contract, table, rows, tables)
            frames[table.name] = _grouped(of_application, table, rows, key, numbering).rename({key: contract.id_column})
    return frames


def _wanted(contract: Contract, name: str, only: str | None) -> bool:
    """Whether a table is the one wanted or below it."""
    if only in (None, name):
        return True
    parent = contract.tables[name].parent
    return parent is not None and _wanted(contract, parent, only)


def _level(history: History, level: str) -> History | None:
    names = {each.name for each in history.aggregates if each.level == level}
    return history.only(names) if names else None


def _parent_key(table: Table) -> str:
    if table.parent_key is None:
        raise ContractError(f"Table {table.name} has no key of its parent.", code="table_columns")
    return table.parent_key


def _typed(history: History, table: Table, rows: Frame) -> Frame:
    """Only the columns needed: numbers as float64, sentinels and what the contract lets pass unseen as null."""
    names = [name for name in history.columns if name in table.by_name]
    keys = [name for name in (table.key, table.parent_key) if name and name not in names]
    present = set(rows.collect_schema().names())
    columns = [_clean(table.column(name)) if name in present else _nothing(table.column(name)) for name in names]
    identifiers = [nw.col(name).cast(nw.Int64) for name in keys if name in present]
    return rows.select(*identifiers, *columns)


def _clean(column: Column) -> nw.Expr:
    values = nw.col(column.name)
    if column.dtype == "category":
        seen = nw.when(values.is_in(column.categories)).then(values) if column.unseen_allowed else values
        return seen.alias(column.name)
    if column.dtype == "id":
        return values.cast(nw.Int64)
    numbers = values.cast(nw.Float64).fill_nan(None)
    if column.sentinels:
        numbers = nw.when(~numbers.is_in(column.sentinels)).then(numbers)
    return numbers.alias(column.name)


def _nothing(column: Column) -> nw.Expr:
    if column.dtype == "category":
        return nw.lit(None, dtype=nw.String).alias(column.name)
    return nw.lit(None, dtype=nw.Int64 if column.dtype == "id" else nw.Float64).alias(column.name)


def _with_children(rows: Frame, table: Table, children: list[tuple[History, Frame]]) -> Frame:
    for history, grouped in children:
        key = table.key
        rows = rows.join(grouped.rename({grouped.collect_schema().names()[0]: key}), on=key, how="left")
        filled = [nw.col(each.name).fill_null(each.empty) for each in history.aggregates if each.empty is not None]
        rows = rows.with_columns(*filled) if filled else rows
    return rows


def _with_absent(history: History, rows: Frame, specification: Specification) -> Frame:
    """The aggregates of child tables that are not there, as of tables without rows."""
    there = set(rows.collect_schema().names())
    known = {each.name: each for other in specification.histories for each in other.aggregates}
    absent = [known[name] for name in history.columns if name in known and name not in there]
    values = [nw.lit(each.empty, dtype=nw.Float64).alias(each.name) for each in absent]
    return rows.with_columns(*values) if values else rows


def _with_owner(contract: Contract, table: Table, rows: Frame, tables: Mapping[str, Frame]) -> tuple[Frame, str]:
    """The rows with the identifier of their application, through their parents; orphans fall out."""
    key = _parent_key(table)
    parent = contract.tables[table.parent or contract.root_table]
    if parent.name == contract.root_table:
        return rows, key
    if parent.name not in tables:
        raise ContractError(f"{table.name} needs {parent.name}, which is not there.", code="table_missing")
    above = tables[parent.name].select(nw.col(parent.key, _parent_key(parent)).cast(nw.Int64))
    owners, owner = _with_owner(contract, parent, above, tables)
    owners = owners.rename({parent.key: key, owner: "_owner"}).select(key, "_owner")
    return rows.join(owners, on=key, how="inner"), "_owner"


def _grouped(history: History, table: Table, rows: Frame, key: str, numbering: Numbering) -> Frame:
    """One row per ``key`` with every aggregate of the history."""
    rows = rows.filter(~nw.col(key).is_null())
    for row in history.rows:
        rows = rows.with_columns(row_expression(row).alias(row.name))
    if history.needs_order:
        rows = _placed(history, table, rows, key, numbering)
    if history.filters:
        # In one step, so that filters with the same conditions share their work.
        rows = rows.with_columns(*(_kept(each, key).alias(_mask(each.name)) for each in history.filters))
    helpers = [helper for each in history.aggregates for helper in _helpers(each, key)]
    rows = rows.with_columns(*helpers) if helpers else rows
    values = [_value(each).cast(nw.Float64).alias(each.name) for each in history.aggregates]
    return rows.group_by(key).agg(*values)


def _placed(history: History, table: Table, rows: Frame, key: str, numbering: Numbering) -> Frame:
    """The rows numbered in their order: windows over one whole number are cheap, over several columns they are not."""
    categories = [name for name in history.order if name in table.by_name and table.by_name[name].categories]
    codes = [_place_of(table.by_name[name]).alias(f"_place_of_{name}") for name in categories]
    by = [f"_place_of_{name}" if name in categories else name for name in history.order]
    rows = rows.with_columns(*codes) if codes else rows
    return numbering(rows, [key, *by])


def _place_of(column: Column) -> nw.Expr:
    places = enumerate(column.categories)
    return nw.coalesce(*(nw.when(nw.col(column.name) == text).then(nw.lit(place)) for place, text in places))


def _kept(rows: Filter, key: str) -> nw.Expr:
    test = keeps(rows)
    if rows.last is None:
        return test if test is not None else nw.lit(value=True)
    known = test if test is not None else ~nw.col(PLACE).is_null()
    newest = known.cast(nw.Int64).cum_sum(reverse=True).over(key, order_by=PLACE)
    return known & (newest <= rows.last)


def _mask(name: str) -> str:
    return f"_rows_{name}"


def _known(aggregate: Aggregate) -> nw.Expr:
    """The column's values within the filter, null elsewhere."""
    values = nw.col(aggregate.column)
    return values if aggregate.filter == ALL else nw.when(nw.col(_mask(aggregate.filter))).then(values)


def _helpers(aggregate: Aggregate, key: str) -> Iterator[nw.Expr]:
    """What ordered functions need per row, before grouping."""
    if aggregate.function not in ORDERED:
        return
    known = _known(aggregate)
    there = ~known.is_null()
    name = f"_{aggregate.name}"
    if aggregate.function == "trend":
        number = there.cast(nw.Int64).cum_sum().over(key, order_by=PLACE)
        # From the least value on: a level far from 0 costs no digits and a constant has the trend 0 exactly.
        above = known - known.min().over(key)
        yield above.alias(name)
        yield (number.cast(nw.Float64) * above).alias(f"{name}_numbered")
        return
    place = nw.when(there).then(nw.col(PLACE))
    end = (place.max() if aggregate.function == "last" else place.min()).over(key)
    yield nw.when(nw.col(PLACE) == end).then(known).alias(name)


def _value(aggregate: Aggregate) -> nw.Expr:
    """The aggregation itself, null or what stands for it where no value is known."""
    if aggregate.function == "count":
        rows = nw.len() if aggregate.filter == ALL else nw.col(_mask(aggregate.filter)).cast(nw.Int64).sum()
        return rows if aggregate.empty == 0.0 else _or_empty(aggregate, rows, rows)
    known = _known(aggregate)
    match aggregate.function:
        case "trend":
            return _slope(nw.col(f"_{aggregate.name}"), nw.col(f"_{aggregate.name}_numbered"))
        case "first" | "last":
            value = nw.col(f"_{aggregate.name}").max()
        case "n_unique":
            value = known.n_unique() - (known.null_count() > 0).cast(nw.Int64)
        case "std":
            value = known.std(ddof=0)
        case function:
            value = getattr(known, function)()
    return _or_empty(aggregate, value, known.count())


def _or_empty(aggregate: Aggregate, value: nw.Expr, known: nw.Expr) -> nw.Expr:
    # Without a known value engines give null or 0 for a sum; null is filled when the groups are joined.
    if aggregate.empty == (0.0 if aggregate.function in ZERO_WHEN_EMPTY else None):
        return value
    return nw.when(known > 0).then(value).otherwise(nw.lit(aggregate.empty, dtype=nw.Float64))


def _slope(above: nw.Expr, numbered: nw.Expr) -> nw.Expr:
    number = above.count().cast(nw.Float64)
    spread = number * (number * number - 1.0) / 12.0
    centred = numbered.sum() - (number + 1.0) / 2.0 * above.sum()
    return centred / nw.when(number > 1.0).then(spread)
