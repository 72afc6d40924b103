"""Row columns and conditions of histories, compiled to Narwhals expressions: Polars here, Spark there.

The operators are those of :mod:`ml.features.expressions`, in the same order of operations; missing is null.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

import narwhals as nw

from ml.features.histories import Condition, Filter, RowColumn

Expressions = Sequence[nw.Expr]
Compiled = Callable[[Expressions, Sequence[float]], nw.Expr]


def row_expression(row: RowColumn) -> nw.Expr:
    """The expression of one row column, null where it is missing."""
    inputs = [nw.col(name) for name in row.inputs]
    if row.op in OPERATORS:
        return OPERATORS[row.op](inputs, row.weights)
    return _ROW_OPERATORS[row.op](row, inputs[0])


def keeps(rows: Filter) -> nw.Expr | None:
    """Whether a row satisfies every condition of the filter, never null; None when there are none."""
    tests = [_condition(condition) for condition in rows.where]
    return reduce(lambda left, right: left & right, tests).fill_null(value=False) if tests else None


def _condition(condition: Condition) -> nw.Expr:
    column, value = nw.col(condition.column), condition.value
    match condition.op:
        case "==":
            return column == value
        case "!=":
            return column != value
        case "<":
            return column < value
        case "<=":
            return column <= value
        case ">":
            return column > value
        case ">=":
            return column >= value
        case _:
            return column.is_in(value if isinstance(value, tuple) else (value,))


def _ratio(inputs: Expressions, weights: Sequence[float]) -> nw.Expr:
    numerator, denominator = inputs
    return numerator / nw.when(denominator != 0.0).then(denominator)


def _difference(inputs: Expressions, weights: Sequence[float]) -> nw.Expr:
    return inputs[0] - inputs[1]


def _product(inputs: Expressions, weights: Sequence[float]) -> nw.Expr:
    return reduce(lambda left, right: left * right, inputs)


def _total(inputs: Expressions, weights: Sequence[float]) -> nw.Expr:
    summed, weight = _weighted(inputs, weights)
    return nw.when(weight > 0.0).then(summed)


def _mean(inputs: Expressions, weights: Sequence[float]) -> nw.Expr:
    summed, weight = _weighted(inputs, weights)
    return summed / nw.when(weight > 0.0).then(weight)


def _minimum(inputs: Expressions, weights: Sequence[float]) -> nw.Expr:
    return nw.min_horizontal(*inputs)


def _maximum(inputs: Expressions, weights: Sequence[float]) -> nw.Expr:
    return nw.max_horizontal(*inputs)


def _standard_deviation(inputs: Expressions, weights: Sequence[float]) -> nw.Expr:
    ones = [1.0] * len(inputs)
    centre = _mean(inputs, ones)
    squares, known = _weighted([(each - centre) * (each - centre) for each in inputs], ones)
    return (squares / nw.when(known > 1.0).then(known)).sqrt()


def _missing_count(inputs: Expressions, weights: Sequence[float]) -> nw.Expr:
    return reduce(lambda left, right: left + right, [_as_number(each.is_null()) for each in inputs])


def _weighted(inputs: Expressions, weights: Sequence[float]) -> tuple[nw.Expr, nw.Expr]:
    pairs = list(zip(inputs, weights, strict=True))
    values = [(each * weight).fill_null(0.0) for each, weight in pairs]
    known = [_as_number(~each.is_null()) * weight for each, weight in pairs]
    return reduce(lambda left, right: left + right, values), reduce(lambda left, right: left + right, known)


def _as_number(test: nw.Expr) -> nw.Expr:
    return test.cast(nw.Float64)


def _one_of(row: RowColumn, column: nw.Expr) -> nw.Expr:
    # Null where the column is: a test of null is null in every engine, but not membership of a list.
    return nw.when(~column.is_null()).then(_as_number(column.is_in(row.values)))


def _clip(row: RowColumn, column: nw.Expr) -> nw.Expr:
    return column.clip(row.minimum, row.maximum)


def _map(row: RowColumn, column: nw.Expr) -> nw.Expr:
    # A chain of tests instead of a join with a table: it stays lazy, and vocabularies are short.
    tests = [
        nw.when(column == value).then(nw.lit(number)) for value, number in zip(row.values, row.numbers, strict=True)
    ]
    return nw.coalesce(*tests)


OPERATORS: dict[str, Compiled] = {
    "ratio": _ratio,
    "difference": _difference,
    "product": _product,
    "sum": _total,
    "mean": _mean,
    "min": _minimum,
    "max": _maximum,
    "std": _standard_deviation,
    "missing_count": _missing_count,
}
_ROW_OPERATORS: dict[str, Callable[[RowColumn, nw.Expr], nw.Expr]] = {
    "equals": _one_of,
    "one_of": _one_of,
    "at_least": lambda row, column: _as_number(column >= row.minimum),
    "at_most": lambda row, column: _as_number(column <= row.maximum),
    "clip": _clip,
    "map": _map,
    "is_missing": lambda row, column: _as_number(column.is_null()),
}
