"""The operations of the specification in words, for the feature dictionary."""

from __future__ import annotations

from ml.features.histories import ALL, Aggregate, Condition, RowColumn, Value
from ml.features.specification import Feature

COMPARED = {"==": "is", "!=": "is not", "<": "below", "<=": "at most", ">": "above", ">=": "at least"}
FUNCTIONS = {
    "sum": "sum of {}",
    "min": "least {}",
    "max": "greatest {}",
    "mean": "mean of {}",
    "std": "standard deviation of {}",
    "n_unique": "number of different {}",
    "first": "oldest {}",
    "last": "newest {}",
    "trend": "slope of {} from oldest to newest",
}
JOINED = {"ratio": " / ", "difference": " - ", "product": " x "}
NAMED = {
    "sum": "sum of {}",
    "mean": "mean of {}",
    "min": "least of {}",
    "max": "greatest of {}",
    "std": "standard deviation of {}",
    "missing_count": "how many are missing of {}",
    "monthly_rate": "interest per month from the term and credit over instalment, {}",
    "tree": "fixed decision tree over {}",
}

WEIGHTED = ("sum", "mean")


def aggregate_words(aggregate: Aggregate) -> str:
    """What an aggregate does.

    >>> aggregate_words(Aggregate("x", "mean", "days_late", "last_5"))
    'mean of `days_late`; rows: last_5; empty: missing'
    """
    done = FUNCTIONS[aggregate.function].format(f"`{aggregate.column}`") if aggregate.column else "number of rows"
    rows = "" if aggregate.filter == ALL else f"; rows: {aggregate.filter}"
    return f"{done}{rows}; empty: {'missing' if aggregate.empty is None else _number(aggregate.empty)}"


def column_words(feature: Feature) -> str:
    """What a feature over columns and other features does; ``-`` for a column as it is given."""
    return "-" if feature.op == "column" else _combined(feature.op, feature.inputs, feature.weights)


def operation_words(row: RowColumn) -> str:
    """What a column derived row by row does.

    >>> operation_words(RowColumn("x", "clip", ("days_behind",), "", "", "days", "", False, minimum=0))
    '`days_behind`, at least 0'
    """
    source = f"`{row.inputs[0]}`"
    bounds = {"at least": row.minimum, "at most": row.maximum}
    within = ", ".join(f"{words} {_number(bound)}" for words, bound in bounds.items() if bound is not None)
    if row.op == "clip":
        return f"{source}, {within}"
    if row.op in ("at_least", "at_most"):
        return f"1 where {source} is {within}, else 0"
    if row.op in ("equals", "one_of"):
        return f"1 where {source} is {_listed(row.values)}, else 0"
    if row.op == "map":
        pairs = zip(row.values, row.numbers, strict=True)
        return f"{source} as " + ", ".join(f"{_value(value)}: {_number(number)}" for value, number in pairs)
    if row.op == "is_missing":
        return f"1 where {source} is missing, else 0"
    return _combined(row.op, row.inputs, row.weights)


def condition_words(condition: Condition) -> str:
    """What a condition keeps.

    >>> condition_words(Condition("DAYS_CREDIT", ">=", -365))
    '`DAYS_CREDIT` at least -365'
    """
    if isinstance(condition.value, tuple):
        return f"`{condition.column}` is {_listed(condition.value)}"
    return f"`{condition.column}` {COMPARED[condition.op]} {_value(condition.value)}"


def _combined(op: str, inputs: tuple[str, ...], weights: tuple[float, ...]) -> str:
    names = [f"`{name}`" for name in inputs]
    if op in JOINED:
        return JOINED[op].join(names)
    if op in WEIGHTED and len(set(weights)) > 1:
        names = [f"{_number(weight)} x {name}" for weight, name in zip(weights, names, strict=True)]
    return NAMED[op].format(", ".join(names))


def _listed(values: tuple[Value, ...]) -> str:
    return " or ".join(_value(value) for value in values)


def _value(value: Value) -> str:
    return f"`{value}`" if isinstance(value, str) else _number(value)


def _number(number: float) -> str:
    return f"{number:.12g}"
