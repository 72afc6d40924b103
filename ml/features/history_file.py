"""Parses one file of histories, entry by entry, against the contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from ml.contract_types import Column, Contract, Table
from ml.errors import ContractError
from ml.features.expressions import ARITY, OPERATORS
from ml.features.histories import (
    ALL,
    CONDITIONS,
    FUNCTIONS,
    OF_ANY,
    ROW_OPERATORS,
    ZERO_WHEN_EMPTY,
    Aggregate,
    Condition,
    Filter,
    History,
    RowColumn,
)
from ml.features.history_labels import aggregate_labels, aggregate_name, aggregate_unit
from ml.features.history_sources import Described, Source, broken

WORDS = ("label_en", "label_fr", "reason_code", "reason_allowed")
KEYS = {
    "table": {"table", "order", "missing_reason_code", "row", "filters", "aggregate", "feature"},
    "row": {
        *("name", "op", "inputs", "weights", "value", "values", "minimum", "maximum"),
        *WORDS,
        "unit",
    },
    "filters": {"where", "last", "label_en", "label_fr"},
    "aggregate": {"columns", "functions", "filters", "level", "monotone", "empty", *WORDS},
}


class FileParser:
    """Parses one file; ``history`` is there after :meth:`parse`."""

    def __init__(self, contract: Contract, table: Table, aggregates: Sequence[Source]) -> None:
        self.contract = contract
        self.table = table
        self.sources = {source.name: source for source in aggregates}
        self.filters: dict[str, Filter] = {ALL: Filter(ALL)}
        self.history: History

    def parse(self, raw: Mapping[str, Any]) -> list[Described]:
        self._check_keys("table", "the file", raw)
        rows = [self._row(entry) for entry in raw.get("row", [])]
        for name, entry in raw.get("filters", {}).items():
            self._add_filter(name, entry)
        described = [each for entry in raw.get("aggregate", []) for each in self._block(entry)]
        names = [each.aggregate.name for each in described]
        self._once(names)
        filters = tuple(each for each in self.filters.values() if each.name != ALL)
        aggregates = tuple(each.aggregate for each in described)
        order = self._order(raw.get("order", []))
        history = History(self.table.name, order, tuple(rows), filters, aggregates)
        if history.needs_order and not order:
            raise self._broken("order", "last-k, first, last and trend need an order")
        self.history = History(self.table.name, _total(history), history.rows, filters, aggregates)
        return described

    def _row(self, entry: Mapping[str, Any]) -> RowColumn:
        name = str(entry.get("name"))
        self._check_keys("row", name, entry, required=("name", "op", "inputs", "label_en", "label_fr", "unit"))
        if name in self.sources or name in self.table.by_name:
            raise self._broken(name, "it is there twice")
        sources = [self._source(name, each) for each in entry["inputs"]]
        row = self._operation(name, entry, sources)
        words = (row.label_en, row.label_fr, row.unit, row.reason_code, row.reason_allowed)
        self.sources[name] = Source(name, "number", *words)
        return row

    def _operation(self, name: str, entry: Mapping[str, Any], sources: Sequence[Source]) -> RowColumn:
        op, inputs = entry["op"], tuple(entry["inputs"])
        if op not in OPERATORS and op not in ROW_OPERATORS:
            raise self._broken(name, f"unknown operator {op!r}; known: {', '.join([*OPERATORS, *ROW_OPERATORS])}")
        single = op in ROW_OPERATORS
        if len(inputs) != (1 if single else ARITY.get(op, max(2, len(inputs)))):
            raise self._broken(name, f"{op} does not take {len(inputs)} inputs")
        for source in sources:
            self._check_kind(name, op, source)
        values, numbers, low, high = self._parameters(name, op, entry, sources[0])
        weights = () if single else tuple(float(each) for each in entry.get("weights", [1.0] * len(inputs)))
        if not single and (len(weights) != len(inputs) or min(weights) <= 0):
            raise self._broken(name, "one positive weight per input is needed")
        allowed = all(source.reason_allowed for source in sources) and bool(entry.get("reason_allowed", True))
        reason = entry.get("reason_code", sources[0].reason_code)
        if allowed and reason not in self.contract.reasons:
            raise self._broken(name, f"unknown reason {reason!r}")
        return RowColumn(
            name=name,
            op=op,
            inputs=inputs,
            label_en=entry["label_en"],
            label_fr=entry["label_fr"],
            unit=entry["unit"],
            reason_code=reason if allowed else "",
            reason_allowed=allowed,
            weights=weights,
            values=values,
            numbers=numbers,
            minimum=low,
            maximum=high,
        )

    def _check_kind(self, name: str, op: str, source: Source) -> None:
        if source.kind == "id" and op != "is_missing":
            raise self._broken(name, f"{source.name} is an identifier")
        if source.kind == "category" and op not in ("equals", "one_of", "map", "is_missing"):
            raise self._broken(name, f"{source.name} is a category")

    def _parameters(
        self, name: str, op: str, entry: Mapping[str, Any], source: Source
    ) -> tuple[tuple[Any, ...], tuple[float, ...], float | None, float | None]:
        if op in ("equals", "at_least", "at_most"):
            if "value" not in entry:
                raise self._broken(name, f"{op} needs a value")
            value = self._value(name, source, entry["value"])
            if op == "equals":
                return (value,), (), None, None
            return (), (), *((value, None) if op == "at_least" else (None, value))
        if op in ("one_of", "map"):
            values = entry.get("values")
            if not isinstance(values, list if op == "one_of" else dict) or not values:
                raise self._broken(name, f"{op} needs values, {'a list' if op == 'one_of' else 'a table'} of them")
            known = tuple(self._value(name, source, self._key(source, each)) for each in values)
            return known, tuple(map(float, values.values())) if isinstance(values, dict) else (), None, None
        if op == "clip":
            low, high = (None if entry.get(key) is None else float(entry[key]) for key in ("minimum", "maximum"))
            if low is None and high is None:
                raise self._broken(name, "clip needs a minimum or a maximum")
            return (), (), low, high
        return (), (), None, None

    @staticmethod
    def _key(source: Source, value: Any) -> Any:
        # The keys of a TOML table are text, also where the column holds numbers.
        return float(value) if isinstance(value, str) and source.kind == "number" else value

    def _value(self, name: str, source: Source, value: Any) -> float | str:
        if source.kind == "category":
            if value not in source.categories:
                raise self._broken(name, f"{value!r} is not a category of {source.name}")
            return str(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._broken(name, f"{source.name} is compared with a number, got {value!r}")
        return float(value)

    def _add_filter(self, name: str, entry: Mapping[str, Any]) -> None:
        self._check_keys("filters", name, entry, required=("label_en", "label_fr"))
        if name in self.filters:
            raise self._broken(name, "it is there twice")
        last = entry.get("last")
        if last is not None and (isinstance(last, bool) or not isinstance(last, int) or last < 1):
            raise self._broken(name, f"last is a whole number from 1, got {last!r}")
        where = tuple(self._condition(name, each) for each in entry.get("where", []))
        if not where and last is None:
            raise self._broken(name, "it keeps every row; that is the filter all")
        self.filters[name] = Filter(name, where, last, entry["label_en"], entry["label_fr"])

    def _condition(self, name: str, entry: Any) -> Condition:
        if not isinstance(entry, list) or len(entry) != 3:
            raise self._broken(name, f"a condition is [column, operator, value], got {entry!r}")
        column, op, value = entry
        source = self._source(name, column)
        if op not in CONDITIONS:
            raise self._broken(name, f"unknown operator {op!r}; known: {', '.join(CONDITIONS)}")
        if source.kind != "number" and op not in ("==", "!=", "in"):
            raise self._broken(name, f"{column} is a category")
        if (op == "in") != isinstance(value, list) or value == []:
            raise self._broken(name, "in takes a list of values and the others take one")
        if op == "in":
            return Condition(column, op, tuple(self._value(name, source, each) for each in value))
        return Condition(column, op, self._value(name, source, value))

    def _block(self, entry: Mapping[str, Any]) -> Iterator[Described]:
        self._check_keys("aggregate", "aggregate", entry, required=("functions",))
        columns, functions, filters = entry.get("columns", []), entry["functions"], entry.get("filters", [ALL])
        for function in functions:
            if function not in FUNCTIONS:
                raise self._broken("aggregate", f"unknown function {function!r}; known: {', '.join(FUNCTIONS)}")
        for rows in filters:
            if rows not in self.filters:
                raise self._broken("aggregate", f"unknown filter {rows!r}; known: {', '.join(self.filters)}")
        if not columns and set(functions) != {"count"}:
            raise self._broken("aggregate", "columns are needed; only count takes none")
        for rows in filters if "count" in functions else []:
            yield self._described(entry, "", "count", self.filters[rows])
        for column, function, rows in product(columns, functions, filters):
            if function != "count":
                yield self._described(entry, column, function, self.filters[rows])

    def _described(self, entry: Mapping[str, Any], column: str, function: str, rows: Filter) -> Described:
        name = aggregate_name(self.table.name, rows.name, column, function)
        source = (
            self._source(name, column) if column else Source("", "number", "", "", "count", "", reason_allowed=True)
        )
        if source.kind == "id" and function not in OF_ANY:
            raise self._broken(name, f"{column} is an identifier; only n_unique takes one")
        if source.kind == "category" and function not in OF_ANY:
            raise self._broken(name, f"{column} is a category; {function} needs a number")
        level, monotone = entry.get("level", "application"), entry.get("monotone", 0)
        if level not in ("application", "parent"):
            raise self._broken(name, f"level is application or parent, got {level!r}")
        if level == "parent" and self.table.parent == self.contract.root_table:
            raise self._broken(name, "its parent is the application; leave the level out")
        if monotone not in (-1, 0, 1):
            raise self._broken(name, f"monotone is -1, 0 or 1, got {monotone!r}")
        aggregate = Aggregate(name, function, column, rows.name, level, self._empty(name, entry, function))
        return Described(aggregate, self.table.name, self._result(aggregate, entry, source, rows), monotone)

    def _empty(self, name: str, entry: Mapping[str, Any], function: str) -> float | None:
        empty = entry.get("empty", 0 if function in ZERO_WHEN_EMPTY else "null")
        if empty == "null":
            return None
        if isinstance(empty, bool) or not isinstance(empty, int | float):
            raise self._broken(name, f'empty is a number or "null", got {empty!r}')
        return float(empty)

    def _result(self, aggregate: Aggregate, entry: Mapping[str, Any], source: Source, rows: Filter) -> Source:
        function = aggregate.function
        of_parent = aggregate.level == "parent"
        words = entry.get("label_en", source.label_en), entry.get("label_fr", source.label_fr)
        english, french = aggregate_labels(self.table, rows, words, function, unit=source.unit, of_parent=of_parent)
        sources = [source, *(self._source(rows.name, condition.column) for condition in rows.where)]
        allowed = all(each.reason_allowed or each.kind == "id" for each in sources)
        allowed = allowed and bool(entry.get("reason_allowed", True))
        reason = entry.get("reason_code", source.reason_code)
        if allowed and reason not in self.contract.reasons:
            raise self._broken(aggregate.name, f"unknown reason {reason!r}")
        unit = aggregate_unit(source.unit, function)
        return Source(aggregate.name, "number", english, french, unit, reason if allowed else "", allowed)

    def _source(self, user: str, name: str) -> Source:
        known = self.sources.get(name)
        return known if known is not None else self._raw(user, name)

    def _raw(self, user: str, name: str) -> Source:
        column = self._known(user, name)
        if column.dtype != "id" and not column.model_input:
            raise self._broken(user, f"{name} may not be an input of a model")
        kind = column.dtype if column.dtype in ("category", "id") else "number"
        return Source(
            name=name,
            kind=kind,
            label_en=column.label_en,
            label_fr=column.label_fr,
            unit="yes_no" if column.dtype == "flag" else column.unit,
            reason_code=column.reason_code,
            reason_allowed=column.reason_allowed,
            categories=column.categories,
        )

    def _known(self, user: str, name: str) -> Column:
        column = self.table.by_name.get(name)
        if column is None:
            raise self._broken(user, f"unknown column {name}")
        if column.protected:
            raise self._broken(user, f"{name} is protected and may not be an input of a model")
        return column

    def _order(self, names: Sequence[str]) -> tuple[str, ...]:
        for name in names:
            if name not in self.sources:
                self._known("order", name)
        self._once([*names])
        return tuple(names)

    def _once(self, names: Sequence[str]) -> None:
        for name in names:
            if names.count(name) > 1:
                raise self._broken(name, "it is there twice")

    def _check_keys(self, kind: str, name: str, entry: Mapping[str, Any], required: Sequence[str] = ()) -> None:
        for key in entry:
            if key not in KEYS[kind]:
                raise self._broken(name, f"unknown key {key!r}; known: {', '.join(sorted(KEYS[kind]))}")
        for key in required:
            if key not in entry:
                raise self._broken(name, f"{key} is missing")

    def _broken(self, name: str, why: str) -> ContractError:
        return broken(self.table.name, name, why)


def _total(history: History) -> tuple[str, ...]:
    if not history.needs_order:
        return ()
    return tuple(dict.fromkeys([*history.order, *history.columns]))
