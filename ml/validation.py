"""Holds input against the data contract: one credit file, or a whole table.

A credit file is ``{"application": {...}, "bureau": [...], ...}`` with JSON types, as the API, the
forms and the importer give it. Nothing is corrected or guessed: what does not fit is a Problem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from ml.contract_types import MAX_CHILD_ROWS, Contract, Table
from ml.errors import Problem
from ml.frame_validation import validate_frame
from ml.table_reading import read_table
from ml.value_checks import explain, pointer_to, problem, show

__all__ = ["read_table", "unseen_categories", "validate_file", "validate_frame"]

MAX_PROBLEMS = 100
# Counting goes on a while for the closing line, but not through ten megabytes of nonsense.
MAX_COUNTED = 1_000


def validate_file(contract: Contract, file: Mapping[str, Any]) -> list[Problem]:
    """Return everything wrong with one credit file, at most 100 problems and a closing line.

    Parameters: ``contract`` of the product; ``file`` maps table names to an object (application)
    or a list of objects (the others), JSON types, None = missing. Optional columns may be absent.

    Returns: problems with JSON pointers into ``file``; an empty list when the file can be scored.
    An unseen value where the contract lets it pass is no problem: see :func:`unseen_categories`.

    >>> from ml.contract import load_contract
    >>> [found.pointer for found in validate_file(load_contract(), {"loans": []})]
    ['/loans', '/application']
    """
    found = list(islice(_problems(contract, file), MAX_COUNTED))
    return found if len(found) <= MAX_PROBLEMS else [*found[:MAX_PROBLEMS], _closing(len(found))]


def unseen_categories(contract: Contract, file: Mapping[str, Any]) -> list[Problem]:
    """Return the values that are new to the contract but let pass: they count as missing.

    Takes a file without problems; the pointers lead to the values, the code is ``unseen_category``.
    """
    return list(_unseen(contract, file))


def _closing(number: int) -> Problem:
    more = number - MAX_PROBLEMS
    least = "at least " if number >= MAX_COUNTED else ""
    return Problem("", "more", f"... and {least}{more} more.")


def _problems(contract: Contract, file: Mapping[str, Any]) -> Iterator[Problem]:
    if not isinstance(file, Mapping):
        yield Problem("", "wrong_type", f"A credit file is an object, got {show(file)}.")
        return
    yield from _unknown_tables(contract, file)
    application = file.get(contract.root_table)
    yield from _application(contract, application)
    row = application if isinstance(application, Mapping) else {}
    for table in contract.child_tables:
        if file.get(table.name) is not None:
            yield from _child_table(table, file[table.name])
    yield from _orphans(contract, file, row)


def _unknown_tables(contract: Contract, file: Mapping[str, Any]) -> Iterator[Problem]:
    known = ", ".join(contract.tables)
    for name in file:
        if name not in contract.tables:
            yield Problem(pointer_to(name), "unknown_column", f"There is no table {show(name)}.", known)


def _application(contract: Contract, row: Any) -> Iterator[Problem]:
    name = contract.root_table
    pointer = pointer_to(name)
    if row is None:
        yield Problem(pointer, "missing", "The application is missing.")
    elif not isinstance(row, Mapping):
        yield Problem(pointer, "wrong_type", f"The application is an object, got {show(row)}.")
    elif not row:
        yield Problem(pointer, "empty", "The application is empty.")
    else:
        if contract.target in row:
            message = "The outcome is not known when a file is scored; leave it out."
            yield Problem(pointer_to(name, contract.target), "unknown_column", message)
        given = {key: value for key, value in row.items() if key != contract.target}
        yield from _row(contract.application, given, pointer)


def _child_table(table: Table, rows: Any) -> Iterator[Problem]:
    pointer = pointer_to(table.name)
    if not isinstance(rows, list | tuple):
        yield Problem(pointer, "wrong_type", f"{table.label_en}: expected a list of rows, got {show(rows)}.")
        return
    if len(rows) > MAX_CHILD_ROWS:
        message = f"{table.label_en}: {len(rows)} rows are more than {MAX_CHILD_ROWS}."
        yield Problem(pointer, "out_of_range", message, f"at most {MAX_CHILD_ROWS} rows")
        return
    for number, row in enumerate(rows):
        if isinstance(row, Mapping):
            yield from _row(table, row, f"{pointer}/{number}")
        else:
            message = f"{table.label_en}: a row is an object, got {show(row)}."
            yield Problem(f"{pointer}/{number}", "wrong_type", message)
    yield from _duplicates(table, rows)


def _row(table: Table, row: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    columns = table.by_name
    for name, value in row.items():
        column = columns.get(name)
        if column is None:
            yield _unknown_column(table, name, pointer)
        elif value is not None and not column.accepts(value):
            found = explain(column, value, f"{pointer}/{name}")
            if found is not None:
                yield found
    for name in table.required_names:
        if row.get(name) is None:
            yield problem(table.by_name[name], f"{pointer}/{name}", "missing", "a value is required")


def _unknown_column(table: Table, name: Any, pointer: str) -> Problem:
    meant = {known.casefold(): known for known in table.by_name}.get(str(name).casefold())
    hint = f" Did you mean {show(meant)}?" if meant else ""
    message = f"{table.label_en}: there is no column {show(name)}.{hint}"
    return Problem(pointer + pointer_to(name), "unknown_column", message)


def _duplicates(table: Table, rows: list[Any] | tuple[Any, ...]) -> Iterator[Problem]:
    if not table.key:
        return
    seen: dict[Any, int] = {}
    for number, row in enumerate(rows):
        key = _number(row, table.key)
        if key is not None and seen.setdefault(key, number) != number:
            message = f"{table.label_en}: {table.key} {show(key)} is already in row {seen[key]}."
            yield Problem(pointer_to(table.name, number, table.key), "duplicate_id", message)


def _orphans(contract: Contract, file: Mapping[str, Any], application: Mapping[str, Any]) -> Iterator[Problem]:
    owner = _number(application, contract.id_column)
    for table in contract.child_tables:
        for number, row in enumerate(_rows(file, table.name)):
            if table.parent == contract.root_table:
                key = _number(row, contract.id_column)
                owner = key if owner is None else owner
                if key is not None and key != owner:
                    yield _orphan(table, number, contract.id_column, f"this application ({show(owner)})")
    for table in contract.child_tables:
        if table.parent and table.parent != contract.root_table and table.parent_key:
            parents = {_number(row, table.parent_key) for row in _rows(file, table.parent)}
            for number, row in enumerate(_rows(file, table.name)):
                key = _number(row, table.parent_key)
                if key is not None and key not in parents:
                    yield _orphan(table, number, table.parent_key, f"any row of {table.parent}")


def _orphan(table: Table, number: int, key: str, belongs: str) -> Problem:
    message = f"{table.label_en}: the row does not belong to {belongs}."
    return Problem(pointer_to(table.name, number, key), "orphan_row", message)


def _rows(file: Mapping[str, Any], name: str) -> list[Any] | tuple[Any, ...]:
    rows = file.get(name)
    return rows if isinstance(rows, list | tuple) and len(rows) <= MAX_CHILD_ROWS else []


def _number(row: Any, key: str) -> int | float | None:
    value = row.get(key) if isinstance(row, Mapping) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _unseen(contract: Contract, file: Mapping[str, Any]) -> Iterator[Problem]:
    for table in contract.tables.values():
        open_columns = [column for column in table.columns if column.unseen_allowed]
        single = table.name == contract.root_table
        rows = [file.get(table.name)] if single else _rows(file, table.name)
        for number, row in enumerate(rows):
            for column in open_columns:
                value = row.get(column.name) if isinstance(row, Mapping) else None
                if isinstance(value, str) and value not in column.category_set:
                    place = (table.name, column.name) if single else (table.name, number, column.name)
                    message = f"{show(value)} is new to the model and counts as missing"
                    yield problem(column, pointer_to(*place), "unseen_category", message)
