"""Whether a product's files fit together: what a lender's first contract usually gets wrong, in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ml.contract_types import MISSING_REASON, Column, Contract, Table


def contract_problems(contract: Contract) -> list[str]:
    """Return what is wrong with a contract as it was read, one sentence each; an empty list when it can be used."""
    if contract.root_table not in contract.tables:
        return [f"product.toml: there is no table {contract.root_table}"]
    found = [*_head(contract), *_tables(contract)]
    for table in contract.tables.values():
        for column in table.columns:
            found += [f"dictionary/{table.name}.csv: {column.name}: {what}" for what in _column(contract, column)]
    return found


def _head(contract: Contract) -> Iterator[str]:
    names = {
        "target": contract.target,
        "id_column": contract.id_column,
        "amount_column": contract.amount_column,
        "birth_days_column": contract.birth_days_column,
        "birth_years_column": contract.birth_years_column,
    }
    known = contract.application.by_name
    for key, name in names.items():
        if name is not None and name not in known:
            yield f"product.toml: {key} names {name}, which the application has not"
    if contract.birth_days_column and contract.birth_years_column:
        yield "product.toml: give birth_days_column or birth_years_column, not both"
    if contract.target in known and _is_offered(known[contract.target]):
        yield f"product.toml: the target {contract.target} must be a flag that no model takes as an input"
    if contract.id_column in known and known[contract.id_column].dtype != "id":
        yield f"product.toml: the id_column {contract.id_column} must be of the type id"
    if min(contract.cost_false_negative, contract.cost_false_positive) <= 0 or contract.horizon_months < 1:
        yield "product.toml: costs must be above 0 and the horizon at least one month"
    if MISSING_REASON not in contract.reasons:
        yield f"reasons.toml: a reason {MISSING_REASON} is needed: it is given where a value was not known"


def _is_offered(column: Column) -> bool:
    return column.dtype != "flag" or column.model_input or column.required


def _tables(contract: Contract) -> Iterator[str]:
    for table in contract.tables.values():
        twice = [name for name, count in Counter(column.name for column in table.columns).items() if count > 1]
        if twice:
            yield f"dictionary/{table.name}.csv: {twice[0]} is there twice"
        if table.key and table.key not in table.by_name:
            yield f"product.toml: table {table.name} has no column {table.key} for its key"
        yield from _parent(contract, table)


def _parent(contract: Contract, table: Table) -> Iterator[str]:
    if table.name == contract.root_table:
        return
    if table.parent not in contract.tables:
        yield f"product.toml: table {table.name} belongs to {table.parent}, which is no table"
    if table.parent_key not in table.by_name:
        yield f"product.toml: table {table.name} has no column {table.parent_key} that leads to its parent"


def _column(contract: Contract, column: Column) -> Iterator[str]:
    if column.section not in {section.key for section in contract.sections}:
        yield f"unknown section {column.section!r}"
    if column.reason_code and column.reason_code not in contract.reasons:
        yield f"unknown reason {column.reason_code!r}"
    if column.reason_allowed and not column.reason_code:
        yield "a column that may be a reason needs a reason code"
    if column.protected and (column.model_input or column.reason_allowed):
        yield "a protected column is neither an input of a model nor a reason"
    if column.required and column.nullable:
        yield "a required column cannot be nullable"
    if not (column.label_en and column.label_fr):
        yield "a label is needed in both languages"
    yield from _values(column)


def _values(column: Column) -> Iterator[str]:
    if column.dtype == "category":
        if not column.categories:
            yield "a category needs a vocabulary"
        if len(column.folded_categories) < len(column.categories):
            yield "two categories differ by case or spaces only"
        return
    if column.minimum is None or column.maximum is None:
        yield "a number needs a minimum and a maximum"
    elif column.minimum >= column.maximum:
        yield f"the minimum {column.minimum:.12g} is not under the maximum {column.maximum:.12g}"
    else:
        yield from _labelled(column, column.minimum, column.maximum)


def _labelled(column: Column, minimum: float, maximum: float) -> Iterator[str]:
    """A number with a vocabulary: a code whose values have an order."""
    for value in column.category_labels:
        number = float(value) if value.lstrip("-").isdigit() else None
        allowed = number is not None and (number in column.sentinels or minimum <= number <= maximum)
        if not allowed or column.dtype != "int":
            yield f"the vocabulary of a number names whole numbers of its range, not {value!r}"
            return
