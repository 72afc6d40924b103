"""The histories compiled to NumPy: one applicant's credit file, within milliseconds.

:mod:`ml.features.batch` compiles the same histories for whole portfolios; the golden tests hold both equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.contract_types import Contract
from ml.features.columns import application_of
from ml.features.expressions import Values
from ml.features.group_functions import FUNCTIONS, Block, Starts
from ml.features.histories import Aggregate, History
from ml.features.one_row import RowPlan, RowReader, Rows
from ml.features.row_expressions import Columns, Mask, derived, kept
from ml.features.specification import Specification

Groups = NDArray[np.int64]
ONE_GROUP: Starts = np.zeros(1, dtype=np.int64)


class FilePlan:
    """What a specification needs of a credit file, worked out once; safe to share between threads."""

    def __init__(self, specification: Specification, contract: Contract) -> None:
        self.specification, self.contract = specification, contract
        known = {each.name: (own.table, each) for own in specification.histories for each in own.aggregates}
        self.tables = [_TablePlan(history, contract, known) for history in specification.histories]
        self.names = [name for table in self.tables for name in table.application.names]
        self.nobody = np.concatenate([table.application.empty for table in self.tables] or [np.empty(0)])
        self.row = RowPlan(
            specification, [contract.application.column(name) for name in specification.columns], self.names
        )

    def matrix(self, file: Mapping[str, Any]) -> NDArray[np.float32]:
        """The model's matrix, float32 of shape (1, features), as :func:`matrix_from_file` gives it."""
        row = application_of(self.contract, file)
        return self.row.features_of(row, self.aggregates(file))[None, :]

    def aggregates(self, file: Mapping[str, Any]) -> Values:
        """Every aggregate on the application's level, float64, in the order of the histories."""
        found = self.nobody.copy()
        groups: dict[str, _Grouped] = {}
        start = 0
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            for plan in self.tables:
                end = start + len(plan.application.names)
                plan.add(file, found[None, start:end], groups)
                start = end
        return found


def matrix_from_file(specification: Specification, contract: Contract, file: Mapping[str, Any]) -> NDArray[np.float32]:
    """The matrix of one credit file; who scores many keeps a :class:`FilePlan`.

    Parameters: ``file`` maps table names to the application's row and to lists of child rows, with JSON
    types and None where missing. A table that is not there has no rows; rows without their parent do not count.

    Returns: float32 array of shape (1, features), missing NaN.

    Raises ContractError: no application, or a value the contract forbids.
    """
    return FilePlan(specification, contract).matrix(file)


class _Grouped:
    """Aggregates by the key of their parent's row, the keys in ascending order."""

    def __init__(self, keys: Values, names: Sequence[str], values: Values) -> None:
        self.keys, self.names, self.values = keys, names, values

    def of(self, keys: Values, aggregate: Aggregate) -> Values:
        """The aggregate of each parent row, and what stands for it where there are no rows."""
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        values = self.values[place, self.names.index(aggregate.name)]
        return np.where(self.keys[place] == keys, values, _empty(aggregate))


class _TablePlan:
    """One history: the columns to read, their order, and the aggregates on each level."""

    def __init__(self, history: History, contract: Contract, known: Mapping[str, tuple[str, Aggregate]]) -> None:
        self.history, self.table = history, contract.tables[history.table]
        self.parent = contract.tables[self.table.parent or contract.root_table]
        self.has_parent = self.parent.name != contract.root_table
        self.raw = [name for name in history.columns if name in self.table.by_name]
        self.reader = RowReader([self.table.column(name) for name in self.raw])
        self.of_children = {name: known[name] for name in history.columns if name not in self.table.by_name}
        self.application, self.of_parent = (_LevelPlan(history, level) for level in ("application", "parent"))
        self.needs_order = history.needs_order

    def add(self, file: Mapping[str, Any], found: Values, groups: dict[str, _Grouped]) -> None:
        """Put this table's aggregates into ``found``, and those for its parent's rows into ``groups``."""
        rows: Rows = file.get(self.table.name) or ()
        if self.has_parent:
            rows = self._with_parent(rows, file.get(self.parent.name) or ())
        if not rows:
            return
        columns = self._columns(rows, groups)
        if self.application.names:
            self._fill(found, self.application, columns, ONE_GROUP)
        if self.of_parent.names:
            groups[self.table.name] = self._by_parent(rows, columns)

    def _with_parent(self, rows: Rows, parents: Rows) -> Rows:
        there = {row.get(self.parent.key) for row in parents} - {None}
        return [row for row in rows if row.get(str(self.table.parent_key)) in there]

    def _columns(self, rows: Rows, groups: Mapping[str, _Grouped]) -> Columns:
        columns = dict(zip(self.raw, self.reader.read(rows), strict=True))
        if self.of_children:
            keys = _keys(rows, self.table.key)
            for name, (child, aggregate) in self.of_children.items():
                nobody = child not in groups
                columns[name] = np.full(len(rows), _empty(aggregate)) if nobody else groups[child].of(keys, aggregate)
        for row in self.history.rows:
            columns[row.name] = derived(row, columns, self.table)
        return columns

    def _by_parent(self, rows: Rows, columns: Columns) -> _Grouped:
        keys = _keys(rows, str(self.table.parent_key))
        place = np.argsort(keys, kind="stable")
        keys = keys[place]
        starts = _starts(keys)
        found = np.tile(self.of_parent.empty, (len(starts), 1))
        self._fill(found, self.of_parent, {name: values[place] for name, values in columns.items()}, starts)
        return _Grouped(keys[starts], self.of_parent.names, found)

    def _fill(self, found: Values, level: _LevelPlan, columns: Columns, starts: Starts) -> None:
        """Put every aggregate of the level into ``found``, float64 of shape (groups, aggregates)."""
        rows = len(next(iter(columns.values())))
        group = (
            np.repeat(np.arange(len(starts)), np.diff(starts, append=rows)) if len(starts) > 1 else np.zeros(rows, int)
        )
        if self.needs_order:
            place = self._order(columns, group)
            columns = {name: values[place] for name, values in columns.items()}
        for plan in level.filters:
            mask = kept(self.history.filter_by_name[plan.name], columns, self.table, group)
            plan.fill(found, columns, group if mask is None else group[mask], mask)

    def _order(self, columns: Columns, group: Groups) -> Groups:
        """The rows of each group oldest first, missing before known."""
        keys = [np.where(np.isnan(columns[name]), -np.inf, columns[name]) for name in reversed(self.history.order)]
        return np.lexsort([*keys, group])


class _LevelPlan:
    """The aggregates of one level, what stands for each without rows, and how to fill them filter by filter."""

    def __init__(self, history: History, level: str) -> None:
        aggregates = [each for each in history.aggregates if each.level == level]
        self.names = [each.name for each in aggregates]
        self.empty = np.array([_empty(each) for each in aggregates])
        by_filter: dict[str, list[tuple[int, Aggregate]]] = defaultdict(list)
        for place, each in enumerate(aggregates):
            by_filter[each.filter].append((place, each))
        self.filters = [_FilterPlan(name, own) for name, own in by_filter.items()]


class _FilterPlan:
    """The aggregates of one filter: the columns they take, read once, and what each function makes of which."""

    def __init__(self, name: str, aggregates: Sequence[tuple[int, Aggregate]]) -> None:
        self.name = name
        self.columns = tuple(dict.fromkeys(each.column for _, each in aggregates if each.column))
        self.counts = [place for place, each in aggregates if each.function == "count"]
        by_function: dict[str, list[tuple[int, Aggregate]]] = defaultdict(list)
        for place, each in aggregates:
            if each.function != "count":
                by_function[each.function].append((place, each))
        self.functions = [_FunctionPlan(name, own, self.columns) for name, own in by_function.items()]

    def fill(self, found: Values, columns: Columns, group: Groups, mask: Mask | None) -> None:
        """Fill what is known of the groups that have rows; ``group`` is the group of each row that is kept."""
        if not len(group):
            return
        starts = ONE_GROUP if len(found) == 1 else _starts(group)
        there = group[starts]
        if self.counts:
            found[there[:, None], self.counts] = _lengths(starts, len(group))[:, None]
        if self.functions:
            values = np.array([columns[name] for name in self.columns]).T
            block = Block(values if mask is None else values[mask], starts)
            for function in self.functions:
                function.fill(found, block, there)


class _FunctionPlan:
    def __init__(self, name: str, aggregates: Sequence[tuple[int, Aggregate]], columns: Sequence[str]) -> None:
        self.compute = FUNCTIONS[name]
        self.targets = np.array([place for place, _ in aggregates])
        self.empty = np.array([_empty(each) for _, each in aggregates])
        self.sources = np.array([columns.index(each.column) for _, each in aggregates])

    def fill(self, found: Values, block: Block, there: Groups) -> None:
        values = self.compute(block)[:, self.sources]
        if block.lacks:
            # A trend of one known value is missing, not what stands for no known value.
            values = np.where(np.isnan(block.counts[:, self.sources]), self.empty, values)
        if len(found) == 1:
            found[0, self.targets] = values[0]
        else:
            found[there[:, None], self.targets] = values


def _starts(group: NDArray[Any]) -> Starts:
    """Where each run of equal values begins."""
    changes: Starts = np.flatnonzero(group[1:] != group[:-1]) + 1
    return np.concatenate([ONE_GROUP, changes])


def _lengths(starts: Starts, rows: int) -> Starts:
    return np.array([rows]) if len(starts) == 1 else np.diff(starts, append=rows)


def _keys(rows: Rows, name: str) -> Values:
    return np.array([row.get(name) for row in rows], dtype=np.float64)


def _empty(aggregate: Aggregate) -> float:
    return np.nan if aggregate.empty is None else aggregate.empty
