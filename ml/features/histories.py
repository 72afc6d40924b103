"""What a product learns from an applicant's histories: rows, filters and aggregates of child tables, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

Value = float | str
FUNCTIONS = ("count", "sum", "min", "max", "mean", "std", "n_unique", "first", "last", "trend")
# Takes any column, also a category or an identifier; the others need a number.
OF_ANY = frozenset({"n_unique"})
ORDERED = frozenset({"first", "last", "trend"})
# What stands for "no row with a known value" unless the block says otherwise; the others are missing.
ZERO_WHEN_EMPTY = frozenset({"count", "sum", "n_unique"})
CONDITIONS = ("==", "!=", "<", "<=", ">", ">=", "in")
# Row operators beside those of ml.features.expressions: one input and a parameter.
ROW_OPERATORS = ("equals", "one_of", "at_least", "at_most", "clip", "map", "is_missing")
ALL = "all"


@dataclass(frozen=True)
class Condition:
    """A test of one column; a missing value never satisfies it. ``value`` is a tuple exactly when ``op`` is ``in``."""

    column: str
    op: str
    value: Value | tuple[Value, ...]


@dataclass(frozen=True)
class Filter:
    """The rows that satisfy every condition and, with ``last``, of those only the newest so many."""

    name: str
    where: tuple[Condition, ...] = ()
    last: int | None = None
    label_en: str = ""
    label_fr: str = ""


@dataclass(frozen=True)
class RowColumn:
    """A column derived row by row before aggregation.

    ``op`` is one of :mod:`ml.features.expressions` over ``inputs``, or one of ``ROW_OPERATORS`` over one
    input: ``equals`` and ``one_of`` (the ``values``) give 1 or 0, as do ``at_least`` and ``at_most`` (the
    bound is inclusive); ``clip`` keeps within ``minimum`` and ``maximum``; ``map`` takes each of ``values``
    to the number at the same place of ``numbers`` and all others to missing; these keep missing missing.
    ``is_missing`` is 1 or 0.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    label_en: str
    label_fr: str
    unit: str
    reason_code: str
    reason_allowed: bool
    weights: tuple[float, ...] = ()
    values: tuple[Value, ...] = ()
    numbers: tuple[float, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Aggregate:
    """One number per group out of the rows of ``filter``.

    ``column`` is empty for ``count``. ``empty`` stands for a group without a known value (None: missing).
    ``level`` is ``application``, or ``parent``: a column of the parent table's rows.
    """

    name: str
    function: str
    column: str
    filter: str
    level: str = "application"
    empty: float | None = None


@dataclass(frozen=True)
class History:
    """The aggregates of one child table and what they are made of.

    ``order`` sorts the rows of a group, oldest first and missing before known: the declared columns, then
    every other column used, so that rows that still tie are the same in all that counts. ``rows`` and
    ``aggregates`` are in dependency order, and so are the histories: a child table before its parent.
    """

    table: str
    order: tuple[str, ...]
    rows: tuple[RowColumn, ...]
    filters: tuple[Filter, ...]
    aggregates: tuple[Aggregate, ...]

    @cached_property
    def filter_by_name(self) -> dict[str, Filter]:
        """The filters by their name, ``all`` among them."""
        return {ALL: Filter(ALL)} | {each.name: each for each in self.filters}

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table needed: raw ones and aggregates of its child tables, each once."""
        derived = {row.name for row in self.rows}
        needed = [name for row in self.rows for name in row.inputs]
        needed += [condition.column for each in self.filters for condition in each.where]
        needed += [aggregate.column for aggregate in self.aggregates if aggregate.column]
        return tuple(name for name in dict.fromkeys([*needed, *self.order]) if name not in derived)

    @property
    def needs_order(self) -> bool:
        """Whether any aggregate depends on the order of the rows."""
        functions = {aggregate.function for aggregate in self.aggregates}
        return bool(ORDERED & functions) or any(each.last for each in self.filters)

    def as_dict(self) -> dict[str, Any]:
        """The history as JSON-ready values; :meth:`from_dict` is the way back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> History:
        """Rebuild a history from a manifest."""
        return cls(
            table=entry["table"],
            order=tuple(entry["order"]),
            rows=tuple(RowColumn(**_tuples(row)) for row in entry["rows"]),
            filters=tuple(_filter(each) for each in entry["filters"]),
            aggregates=tuple(Aggregate(**each) for each in entry["aggregates"]),
        )

    def only(self, names: Set[str]) -> History:
        """The same history with those aggregates only, and no more rows, filters and order than they need."""
        aggregates = tuple(each for each in self.aggregates if each.name in names)
        filters = tuple(each for each in self.filters if each.name in {own.filter for own in aggregates})
        kept = replace(self, filters=filters, aggregates=aggregates)
        kept = replace(kept, order=self.order if kept.needs_order else ())
        return replace(kept, rows=_needed_rows(kept))


def prune(histories: Iterable[History], features: Set[str]) -> tuple[History, ...]:
    """The histories with only what the named features need, through parents too; empty ones are left out."""
    kept: list[History] = []
    needed = set(features)
    for history in reversed(tuple(histories)):
        pruned = history.only(needed)
        if pruned.aggregates:
            kept.append(pruned)
            needed |= set(pruned.columns)
    return tuple(reversed(kept))


def _needed_rows(history: History) -> tuple[RowColumn, ...]:
    needed = {*history.order, *(aggregate.column for aggregate in history.aggregates)}
    needed |= {condition.column for each in history.filters for condition in each.where}
    kept: list[RowColumn] = []
    for row in reversed(history.rows):
        if row.name in needed:
            kept.append(row)
            needed |= set(row.inputs)
    return tuple(reversed(kept))


def _filter(entry: Mapping[str, Any]) -> Filter:
    where = tuple(Condition(**_tuples(condition)) for condition in entry["where"])
    return Filter(**{**entry, "where": where})


def _tuples(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list | tuple) else value for key, value in entry.items()}
