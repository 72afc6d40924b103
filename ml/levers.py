"""What an applicant or the lender can change about a request, and how far: ``ml/products/<product>/levers.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ml.contract import load_contract
from ml.contract_types import Contract
from ml.errors import ContractError
from ml.product_folders import product_folder


@dataclass(frozen=True)
class Lever:
    """One column of the application that can move.

    ``furthest`` is the bound as a share of the present value (0.5: down to half of it, 1.5: up to half as much again);
    ``step`` the unit it moves in; ``along`` names the columns that move in proportion, because they describe the same
    thing; ``offered`` says that the lender may offer it otherwise.
    """

    column: str
    furthest: float
    step: float
    along: tuple[str, ...] = ()
    offered: bool = False

    def values(self, row: Mapping[str, Any], contract: Contract, count: int) -> list[float]:
        """Up to ``count`` values between the present one (left out) and the bound, the nearest first."""
        present = row.get(self.column)
        column = contract.application.column(self.column)
        if present is None or present in column.sentinels or not present:
            return []
        span = present * self.furthest - present
        found = [round((present + span * part / count) / self.step) * self.step for part in range(1, count + 1)]
        kept = [value for value in found if value != present and column.accepts(_whole(value, column.dtype))]
        return list(dict.fromkeys(kept))

    def moved(self, row: Mapping[str, Any], value: float, contract: Contract) -> dict[str, Any]:
        """The columns of ``row`` that change when this one becomes ``value``."""
        share = value / row[self.column]
        changed = {self.column: value}
        changed |= {name: row[name] * share for name in self.along if row.get(name) is not None}
        table = contract.application
        return {name: _whole(number, table.column(name).dtype) for name, number in changed.items()}


@cache
def load_levers(product: str) -> tuple[Lever, ...]:
    """The levers of a product; none when it names none.

    Raises ContractError ``levers_unreadable``: a column that is unknown, protected, no number or no input of the model.
    """
    path = product_folder(product) / "levers.toml"
    if not path.exists():
        return ()
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["lever"]
        levers = tuple(Lever(**{**entry, "along": tuple(entry.get("along", ()))}) for entry in entries)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ContractError(f"levers.toml: {error!r}", code="levers_unreadable") from error
    contract = load_contract(product)
    for lever in levers:
        for name in (lever.column, *lever.along):
            _check(contract, name)
    return levers


def _check(contract: Contract, name: str) -> None:
    column = contract.application.by_name.get(name)
    if column is None or column.protected or not column.model_input or column.dtype not in ("int", "float"):
        message = f"levers.toml: {name} is not a number that the model reads and a person may change."
        raise ContractError(message, code="levers_unreadable")


def _whole(value: float, dtype: str) -> float | int:
    return round(value) if dtype == "int" else float(value)
