"""What would change the advice: the smallest feasible changes of a request that the live model scores under a bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.contract_types import Contract
from ml.levers import Lever

MOST_CHANGES = 3
# Values tried per lever when one, two or three move together: a few hundred rows in all.
GRID = {1: 20, 2: 8, 3: 5}
Row = dict[str, Any]
Predict = Callable[[Sequence[Row]], NDArray[np.float64]]
Accept = Callable[[Row], bool]


@dataclass(frozen=True)
class Change:
    """One column before and after."""

    column: str
    before: float
    after: float


@dataclass(frozen=True)
class Counterfactual:
    """Changes that together bring ``probability_of_default`` (0 to 1) under the bar."""

    changes: tuple[Change, ...]
    probability_of_default: float


def search(
    row: Mapping[str, Any],
    levers: Sequence[Lever],
    contract: Contract,
    *,
    predict: Predict,
    accept: Accept,
    limit: int = 3,
) -> list[Counterfactual]:
    """The smallest changes of an application row that are accepted.

    Parameters: ``row`` the raw application row; ``predict`` gives the probability of default of changed
    rows, shape (n,); ``accept`` says of one changed row whether policy would approve it. Only columns with a
    lever move, in the lever's direction and within its bound and the contract's range.

    Returns: at most ``limit``, each with another set of levers: fewest changes first, then the smallest
    relative change. A set is left out when a part of it is enough. Empty when nothing feasible is accepted.

    Source: Wachter, Mittelstadt and Russell (2017), restricted to feasible moves as in Ustun, Spangher and Liu (2019).
    """
    found: list[tuple[frozenset[str], Counterfactual]] = []
    for size in range(1, MOST_CHANGES + 1):
        for group in combinations(levers, size):
            names = frozenset(lever.column for lever in group)
            if any(known <= names for known, _ in found) or _overlap(group):
                continue
            best = _smallest(row, group, contract, predict, accept)
            if best:
                found.append((names, best))
        if len(found) >= limit:
            break
    return [counterfactual for _, counterfactual in found[:limit]]


def _overlap(group: Sequence[Lever]) -> bool:
    """Whether one lever of the group moves a column that is another's own."""
    own = {lever.column for lever in group}
    return any(own & set(lever.along) for lever in group)


def _smallest(
    row: Mapping[str, Any], group: Sequence[Lever], contract: Contract, predict: Predict, accept: Accept
) -> Counterfactual | None:
    moves = sorted(_moves(row, group, contract), key=lambda move: _size(row, move[0]))
    if not moves:
        return None
    probabilities = predict([{**row, **changed} for _, changed in moves])
    before = float(predict([dict(row)])[0])
    for (values, changed), probability in zip(moves, probabilities, strict=True):
        # policy is asked only about what lowers the probability: it costs more than a prediction
        if probability < before and accept({**row, **changed}):
            changes = tuple(Change(name, row[name], value) for name, value in values.items())
            return Counterfactual(changes, float(probability))
    return None


def _moves(row: Mapping[str, Any], group: Sequence[Lever], contract: Contract) -> Iterator[tuple[Row, Row]]:
    """Every combination of the group's values: what is named as changed, and all that moves along."""
    grids = [lever.values(row, contract, GRID[len(group)]) for lever in group]
    for values in product(*grids):
        changed: Row = {}
        for lever, value in zip(group, values, strict=True):
            changed |= lever.moved({**row, **changed}, value, contract)
        yield {lever.column: changed[lever.column] for lever in group}, changed


def _size(row: Mapping[str, Any], values: Mapping[str, float]) -> float:
    return float(sum(abs(value - row[name]) / abs(row[name]) for name, value in values.items()))
