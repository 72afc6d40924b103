"""Rows of JSON values as numbers, and every expression over one applicant: many values at a time, few steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.contract_types import Column
from ml.features.columns import encode, encoder
from ml.features.expressions import FEATURE_OPERATORS, Values
from ml.features.specification import Specification

Rows = Sequence[Mapping[str, Any]]


class RowReader:
    """Reads columns out of few rows: all numbers in one step, then categories and sentinels by the contract."""

    def __init__(self, columns: Sequence[Column]) -> None:
        numbered = list(enumerate(columns))
        self.size = len(columns)
        self.numeric = [(place, column) for place, column in numbered if column.dtype != "category"]
        self.names = [column.name for _, column in self.numeric]
        self.places = np.array([place for place, _ in self.numeric], dtype=np.int64)
        self.sentinels = [(place, sentinel) for place, column in self.numeric for sentinel in column.sentinels]
        self.categories = [(place, column.name, encoder(column)) for place, column in numbered if column.categories]

    def read(self, rows: Rows) -> Values:
        """The values, float64 of shape (columns, rows), missing NaN; raises ContractError for a forbidden one."""
        found = np.empty((self.size, len(rows)))
        found[self.places] = self._numbers(rows)
        for place, sentinel in self.sentinels:
            found[place, found[place] == sentinel] = np.nan
        for place, name, codes in self.categories:
            found[place] = codes([row.get(name) for row in rows])
        return found

    def _numbers(self, rows: Rows) -> Values:
        try:
            numbers = np.array([row.get(name) for name in self.names for row in rows], dtype=np.float64)
        except (TypeError, ValueError):
            # One by one, so that the refusal names the column.
            return np.array([encode(column, [row.get(column.name) for row in rows]) for _, column in self.numeric])
        return numbers.reshape(len(self.names), len(rows))


class RowPlan:
    """Every feature of one applicant out of the application's row and the aggregates of the histories.

    ``given`` are the raw columns, then the aggregates; expressions that differ by their inputs only are one step.
    """

    def __init__(self, specification: Specification, columns: Sequence[Column], aggregates: Sequence[str]) -> None:
        self.reader = RowReader(columns)
        given = [*(column.name for column in columns), *aggregates]
        derived = [feature for feature in specification.features if feature.op not in ("column", "aggregate")]
        places = {name: place for place, name in enumerate([*given, *(feature.name for feature in derived)])}
        self.size = len(places)
        self.features = np.array([places[feature.name] for feature in specification.features], dtype=np.int64)
        depth = dict.fromkeys(given, 0)
        steps: dict[tuple[Any, ...], list[list[int]]] = defaultdict(list)
        for feature in derived:
            depth[feature.name] = 1 + max(depth[name] for name in feature.inputs)
            step = (depth[feature.name], feature.op, len(feature.inputs), feature.weights)
            steps[step].append([places[feature.name], *(places[name] for name in feature.inputs)])
        self.steps = [(FEATURE_OPERATORS[step[1]], np.array(steps[step]).T, step[-1]) for step in sorted(steps)]

    def features_of(self, row: Mapping[str, Any], aggregates: Values) -> NDArray[np.float32]:
        """The features, float32 of shape (features,), missing NaN: a row of :func:`ml.features.build_matrix`."""
        values = np.empty(self.size)
        own = self.reader.size
        values[:own] = self.reader.read([row])[:, 0]
        values[own : own + len(aggregates)] = aggregates
        with np.errstate(over="ignore", invalid="ignore"):
            for operator, places, weights in self.steps:
                values[places[0]] = operator(list(values[places[1:]]), weights)
            found = values[self.features].astype(np.float32)
        found[np.isinf(found)] = np.nan
        # A negative zero is a zero, as in the matrix of many.
        found += np.float32(0.0)
        return found
