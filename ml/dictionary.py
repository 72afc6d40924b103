"""Writes the data contract as a Markdown dictionary for people."""

from __future__ import annotations

from collections.abc import Iterator

from ml.contract_types import Column, Contract, Table

HEADER = "| column | meaning | accepts | rules | reason |\n|---|---|---|---|---|"


def as_markdown(contract: Contract) -> str:
    """Return the dictionary of ``contract``: one chapter per table, one line per column.

    >>> from ml.contract import load_contract
    >>> as_markdown(load_contract()).splitlines()[0]
    '# Data dictionary: Consumer credit'
    """
    return "\n".join(_lines(contract)) + "\n"


def _lines(contract: Contract) -> Iterator[str]:
    yield f"# Data dictionary: {contract.label_en}"
    yield ""
    yield "Made from the data contract by `python -m ml.contract`; change the contract, not this page."
    yield (
        f"Contract version {contract.version}, amounts in {contract.currency}. *Required*: a credit file must give "
        "a value; every other column may be absent or null and then counts as missing. *Nullable*: a raw table may "
        "hold nulls. *Protected*: kept to measure fairness, never an input of the model. *New values flagged*: a "
        "value outside the list passes and counts as missing."
    )
    for table in contract.tables.values():
        yield from _table_lines(contract, table)


def _table_lines(contract: Contract, table: Table) -> Iterator[str]:
    yield ""
    yield f"## {table.label_en} (`{table.name}`)"
    yield ""
    key = f"One row per `{table.key}`." if table.key else "Rows have no key of their own."
    link = f" Belongs to `{table.parent}` through `{table.parent_key}`." if table.parent else ""
    yield key + link
    for section in contract.sections:
        columns = [column for column in table.columns if column.section == section.key]
        if columns:
            yield from ["", f"### {section.label_en} / {section.label_fr}", "", HEADER]
            yield from (_column_line(column) for column in columns)


def _column_line(column: Column) -> str:
    meaning = f"**{column.label_en}** / *{column.label_fr}*. {column.help_en}"
    reason = f"`{column.reason_code}`" if column.reason_code and column.reason_allowed else "-"
    return f"| `{column.name}` | {meaning} | {_accepted(column)} | {_rules(column)} | {reason} |"


def _accepted(column: Column) -> str:
    if column.dtype == "category":
        return ", ".join(f"`{category}`" for category in column.categories)
    unit = f"; {column.unit_label_en}" if column.unit_label_en else ""
    return f"{column.allowed}{unit}"


def _rules(column: Column) -> str:
    rules = {
        "required": column.required,
        "nullable": column.nullable,
        "protected": column.protected,
        "not a model input": not column.model_input,
        "never a reason": not column.reason_allowed,
        "new values flagged": column.unseen_allowed,
    }
    return ", ".join(rule for rule, holds in rules.items() if holds) or "-"
