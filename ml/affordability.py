"""What an applicant can afford, by the product's ``affordability.toml``: the burden of debt, and what is left."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ml.contract import load_contract
from ml.errors import ContractError
from ml.product_folders import product_folder

MONTHLY = "currency_month"


@dataclass(frozen=True)
class Existing:
    """Credits of a child table that still run: ``instalment`` is their column, ``where`` what their rows hold."""

    table: str
    instalment: str
    where: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AffordabilityRule:
    """Which columns tell the income, the instalment asked for, and the instalments that run already."""

    income: str
    instalment: str
    existing: tuple[Existing, ...] = ()


@dataclass(frozen=True)
class Affordability:
    """Amounts a month in the product's currency; None where the file does not say.

    ``existing`` adds the instalments known; ``unstated`` counts running credits that do not state theirs.
    """

    income: float | None
    instalment: float | None
    existing: float
    unstated: int

    @property
    def debt_to_income(self) -> float | None:
        """Instalments, the one asked for included, over income; 0 or more.

        >>> round(Affordability(3000.0, 600.0, 300.0, 0).debt_to_income, 3)
        0.3
        """
        if self.instalment is None or not self.income or self.income <= 0:
            return None
        return (self.instalment + self.existing) / self.income

    @property
    def left(self) -> float | None:
        """Income less all instalments; negative where they exceed it.

        >>> Affordability(3000.0, 600.0, 300.0, 0).left
        2100.0
        """
        if self.income is None or self.instalment is None:
            return None
        return self.income - self.instalment - self.existing


def affordability_of(product: str, file: Mapping[str, Any]) -> Affordability | None:
    """Work out a credit file's affordability; None for a product without a rule.

    Parameters: ``file`` maps table names to rows, as in :func:`ml.validation.validate_file`.
    Raises ContractError ``affordability_unreadable``.
    """
    rule = load_rule(product)
    if rule is None:
        return None
    row = file.get(load_contract(product).root_table, {})
    known, unstated = 0.0, 0
    for credit in rule.existing:
        amounts = [each.get(credit.instalment) for each in file.get(credit.table) or () if _runs(credit, each)]
        known += sum(amount for amount in amounts if amount is not None)
        unstated += amounts.count(None)
    return Affordability(row.get(rule.income), row.get(rule.instalment), known, unstated)


@cache
def load_rule(product: str) -> AffordabilityRule | None:
    """The rule of a product; None when it states none.

    Raises ContractError ``affordability_unreadable``: a table or column that is unknown or no amount of a month.
    """
    path = product_folder(product) / "affordability.toml"
    if not path.exists():
        return None
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8"))
        existing = tuple(Existing(**credit) for credit in stated.pop("existing", ()))
        rule = AffordabilityRule(**stated, existing=existing)
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable(repr(error)) from error
    _check(product, rule)
    return rule


def _runs(credit: Existing, row: Mapping[str, Any]) -> bool:
    return all(row.get(name) == value for name, value in credit.where.items())


def _check(product: str, rule: AffordabilityRule) -> None:
    contract = load_contract(product)
    monthly = [(contract.root_table, rule.income), (contract.root_table, rule.instalment)]
    monthly += [(credit.table, credit.instalment) for credit in rule.existing]
    for table, name in monthly:
        column = contract.tables[table].by_name.get(name) if table in contract.tables else None
        if column is None or column.unit != MONTHLY:
            raise _unreadable(f"{table}.{name} is no amount of a month")
    for credit in rule.existing:
        unknown = set(credit.where) - set(contract.tables[credit.table].by_name)
        if unknown:
            raise _unreadable(f"{credit.table} has no column {', '.join(sorted(unknown))}")


def _unreadable(why: str) -> ContractError:
    return ContractError(f"affordability.toml: {why}.", code="affordability_unreadable")
