"""Holds input against the data contract: one credit file, or a whole table.

A credit file is ``{"application": {...}, "bureau": [...], ...}`` with JSON types, as the API, the
forms and the importer give it. Nothing is corrected or guessed: what does not fit is a Problem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from ml.contract_types import MAX_CHILD_ROWS, Contract, Table
from ml.errors import Problem, Words
from ml.frame_validation import validate_frame
from ml.table_reading import read_table
from ml.value_checks import explain, pointer_to, problem, show, shown

__all__ = ["read_table", "unseen_categories", "validate_file", "validate_frame"]

MAX_PROBLEMS = 100
# Counting goes on a while for the closing line, but not through ten megabytes of nonsense.
MAX_COUNTED = 1_000

REQUIRED = Words("a value is required", "une valeur est obligatoire")
TARGET_GIVEN = Words(
    "The outcome is not known when a file is scored; leave it out.",
    "L'issue n'est pas connue au moment du calcul\N{NBSP}; ne la donnez pas.",
)


def validate_file(contract: Contract, file: Mapping[str, Any]) -> list[Problem]:
    """Return everything wrong with one credit file, at most 100 problems and a closing line.

    Parameters: ``contract`` of the product; ``file`` maps table names to an object (application)
    or a list of objects (the others), JSON types; in a row, None = missing. Optional columns and tables may be absent.

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
    least = Words("at least ", "au moins ") if number >= MAX_COUNTED else Words("", "")
    return _told("", "more", Words(f"... and {least.en}{more} more.", f"... et {least.fr}{more} de plus."))


def _problems(contract: Contract, file: Mapping[str, Any]) -> Iterator[Problem]:
    if not isinstance(file, Mapping):
        got = shown(file)
        words = Words(f"A credit file is an object, got {got.en}.", f"Un dossier est un objet, et non {got.fr}.")
        yield _told("", "wrong_type", words)
        return
    yield from _unknown_tables(contract, file)
    application = file.get(contract.root_table)
    yield from _application(contract, application)
    row = application if isinstance(application, Mapping) else {}
    for table in contract.child_tables:
        if table.name in file:
            yield from _child_table(table, file[table.name])
    yield from _orphans(contract, file, row)


def _unknown_tables(contract: Contract, file: Mapping[str, Any]) -> Iterator[Problem]:
    known = ", ".join(contract.tables)
    for name in file:
        if name not in contract.tables:
            words = Words(f"There is no table {show(name)}.", f"Il n'y a pas de table {show(name)}.")
            yield _told(pointer_to(name), "unknown_column", words, known)


def _application(contract: Contract, row: Any) -> Iterator[Problem]:
    name = contract.root_table
    pointer = pointer_to(name)
    if row is None:
        yield _told(pointer, "missing", Words("The application is missing.", "La demande manque."))
    elif not isinstance(row, Mapping):
        got = shown(row)
        words = Words(f"The application is an object, got {got.en}.", f"La demande est un objet, et non {got.fr}.")
        yield _told(pointer, "wrong_type", words)
    elif not row:
        yield _told(pointer, "empty", Words("The application is empty.", "La demande est vide."))
    else:
        if contract.target in row:
            yield _told(pointer_to(name, contract.target), "unknown_column", TARGET_GIVEN)
        given = {key: value for key, value in row.items() if key != contract.target}
        yield from _row(contract.application, given, pointer)


def _child_table(table: Table, rows: Any) -> Iterator[Problem]:
    pointer = pointer_to(table.name)
    if not isinstance(rows, list | tuple):
        got = shown(rows)
        words = Words(f"expected a list of rows, got {got.en}.", f"une liste de lignes est attendue, et non {got.fr}.")
        yield _told(pointer, "wrong_type", _of(table, words))
        return
    if len(rows) > MAX_CHILD_ROWS:
        many, most = len(rows), MAX_CHILD_ROWS
        words = Words(f"{many} rows are more than {most}.", f"{many} lignes, c'est plus que {most}.")
        yield _told(pointer, "out_of_range", _of(table, words), f"at most {most} rows")
        return
    for number, row in enumerate(rows):
        if isinstance(row, Mapping):
            yield from _row(table, row, f"{pointer}/{number}")
        else:
            got = shown(row)
            words = Words(f"a row is an object, got {got.en}.", f"une ligne est un objet, et non {got.fr}.")
            yield _told(f"{pointer}/{number}", "wrong_type", _of(table, words))
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
            yield problem(table.by_name[name], f"{pointer}/{name}", "missing", REQUIRED)


def _unknown_column(table: Table, name: Any, pointer: str) -> Problem:
    meant = {known.casefold(): known for known in table.by_name}.get(str(name).casefold())
    words = Words(f"there is no column {show(name)}.", f"il n'y a pas de colonne {show(name)}.")
    if meant:
        hint = Words(f" Did you mean {show(meant)}?", f" Vouliez-vous dire {show(meant)}\N{NBSP}?")
        words = Words(words.en + hint.en, words.fr + hint.fr)
    return _told(pointer + pointer_to(name), "unknown_column", _of(table, words))


def _duplicates(table: Table, rows: list[Any] | tuple[Any, ...]) -> Iterator[Problem]:
    if not table.key:
        return
    seen: dict[Any, int] = {}
    for number, row in enumerate(rows):
        key = _number(row, table.key)
        if key is not None and seen.setdefault(key, number) != number:
            what, row = f"{table.key} {show(key)}", seen[key]
            words = Words(f"{what} is already in row {row}.", f"{what} est déjà dans la ligne {row}.")
            yield _told(pointer_to(table.name, number, table.key), "duplicate_id", _of(table, words))


def _orphans(contract: Contract, file: Mapping[str, Any], application: Mapping[str, Any]) -> Iterator[Problem]:
    owner = _number(application, contract.id_column)
    for table in contract.child_tables:
        for number, row in enumerate(_rows(file, table.name)):
            if table.parent == contract.root_table:
                key = _number(row, contract.id_column)
                owner = key if owner is None else owner
                if key is not None and key != owner:
                    yield _orphan(table, number, contract.id_column, _this(owner))
    for table in contract.child_tables:
        if table.parent and table.parent != contract.root_table and table.parent_key:
            parents = {_number(row, table.parent_key) for row in _rows(file, table.parent)}
            for number, row in enumerate(_rows(file, table.name)):
                key = _number(row, table.parent_key)
                if key is not None and key not in parents:
                    to = Words(f"any row of {table.parent}", f"à aucune ligne de {table.parent}")
                    yield _orphan(table, number, table.parent_key, to)


def _this(owner: Any) -> Words:
    return Words(f"this application ({show(owner)})", f"pas à cette demande ({show(owner)})")


def _orphan(table: Table, number: int, key: str, to: Words) -> Problem:
    words = Words(f"the row does not belong to {to.en}.", f"la ligne n'appartient {to.fr}.")
    return _told(pointer_to(table.name, number, key), "orphan_row", _of(table, words))


def _told(pointer: str, code: str, words: Words, allowed: str | None = None) -> Problem:
    return Problem(pointer, code, words.en, allowed, words.fr)


def _of(table: Table, words: Words) -> Words:
    return Words(f"{table.label_en}: {words.en}", f"{table.label_fr}\N{NBSP}: {words.fr}")


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
                    got = show(value)
                    words = Words(
                        f"{got} is new to the model and counts as missing",
                        f"{got} est une valeur nouvelle pour le modèle et compte comme manquante",
                    )
                    yield problem(column, pointer_to(*place), "unseen_category", words)
