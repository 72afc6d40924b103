"""One application out of a file or pasted text: JSON as the API takes it, or a CSV with one row. Nothing is guessed."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from applications import wording
from applications.documents.uploads import TooLarge
from applications.forms import NOT_APPLICABLE, ApplicantForm, is_dated
from common import formatting
from common.errors import InvalidInput
from ml.contract import Column, Contract, available_products, load_contract
from ml.errors import Problem
from ml.validation import validate_file

LARGEST = 1024 * 1024
LONGEST_VALUE = 200
PERSON = tuple(ApplicantForm.base_fields)
OF_THE_API = frozenset({"applicant", "file", "product", "external_id", "score"})
PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"PAR1", b"%PDF")
Row = dict[str, Any]


@dataclass(frozen=True)
class Taken:
    """``values`` as they would be typed; ``carried`` what has no field; ``problems`` what the contract says."""

    contract: Contract
    values: dict[str, str]
    carried: str
    problems: list[Problem] = field(default_factory=list)


def one_application(content: bytes, contract: Contract) -> Taken:
    """Raises InvalidInput, in words, for what is not one application at all."""
    text = _text(content)
    document = _json(text) if text[0] in "{[" else _csv(text, contract)
    product = document.get("product", contract.product)
    if product not in available_products():
        raise InvalidInput(_("The file is for a product that does not exist here."))
    return _taken(document, load_contract(str(product)))


def carried_read(contract: Contract, text: str) -> tuple[Row, str | None]:
    """The rows of the other tables, and the external id; what is not ours is nothing."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}, None
    if not isinstance(found, dict):
        return {}, None
    names = {table.name for table in contract.child_tables}
    tables = found.get("tables")
    external_id = found.get("external_id")
    kept = {name: rows for name, rows in (tables or {}).items() if name in names} if isinstance(tables, dict) else {}
    return kept, external_id[:100] if isinstance(external_id, str) and external_id else None


def too_large() -> TooLarge:
    limit = {"limit": LARGEST // 1024}
    return TooLarge(_("A file for one applicant is at most %(limit)s kB; this one was not read.") % limit)


def _text(content: bytes) -> str:
    if len(content) > LARGEST:
        raise too_large()
    if content.startswith(PACKED):
        raise InvalidInput(_("The file is packed or of another kind. JSON or CSV as plain text is needed."))
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise InvalidInput(_("The text is not encoded in UTF-8. Save it again as UTF-8.")) from error
    if "\x00" in text:
        raise InvalidInput(_("The text holds characters that no text has. Save it again as UTF-8."))
    if not text:
        raise InvalidInput(_("Nothing was sent. Choose a file or paste its content."))
    return text


def _json(text: str) -> Row:
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise InvalidInput(_("The file is nested deeper than any application.")) from error
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno}
        raise InvalidInput(_("This is not whole JSON: see line %(line)s, character %(column)s.") % place) from error
    except ValueError as error:
        raise InvalidInput(_("A number in the file is none that can be used.")) from error
    if isinstance(found, list):
        if len(found) != 1:
            raise _not_one(len(found))
        found = found[0]
    if not isinstance(found, dict):
        raise InvalidInput(_("The file holds no application."))
    return found


def _once(pairs: list[tuple[str, Any]]) -> Row:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidInput(_("A name stands twice in the file, so which value counts is not clear."))
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _csv(text: str, contract: Contract) -> Row:
    lines = [line for line in text.splitlines() if line.strip()]
    comma = ";" if lines[0].count(";") > lines[0].count(",") else ","
    try:
        rows = list(csv.reader(lines, delimiter=comma, strict=True))
    except csv.Error as error:
        raise InvalidInput(_("The file is badly quoted.")) from error
    names = [name.strip() for name in rows[0]]
    if len(rows) != 2:
        raise _not_one(len(rows) - 1)
    if len(rows[1]) != len(names):
        counts = {"names": len(names), "values": len(rows[1])}
        raise InvalidInput(_("There are %(names)s names of columns and %(values)s values.") % counts)
    row = _once(list(zip(names, rows[1], strict=True)))
    person = {name: row.pop(name).strip() for name in PERSON if name in row}
    columns = contract.application.by_name
    typed = {name: _typed(columns[name], value) if name in columns else value for name, value in row.items()}
    return {"applicant": person, "file": {contract.root_table: typed}}


def _not_one(number: int) -> InvalidInput:
    if number < 1:
        return InvalidInput(_("The file holds no application."))
    words = _("The file holds %(number)s applications; here it is one. Several are scored as a batch.")
    return InvalidInput(words % {"number": number})


def _typed(column: Column, text: str) -> Any:
    """A cell as a number where the column has numbers and it certainly is one; else as it is, to be refused."""
    text = text.strip()
    if not text:
        return None
    if column.dtype == "category" or not text.isascii() or "_" in text:
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and column.dtype != "float" else number


def _taken(document: Row, contract: Contract) -> Taken:
    file = document.get("file") if OF_THE_API & set(document) else document
    if isinstance(file, dict) and contract.root_table not in file and not _table_names(contract) & set(file):
        file = {contract.root_table: file}
    file = file if isinstance(file, dict) else {}
    row = file.get(contract.root_table)
    person = document.get("applicant")
    values = {name: _plain(person[name]) for name in PERSON if name in person} if isinstance(person, dict) else {}
    if isinstance(row, dict):
        for column in contract.application.columns:
            values |= _as_typed(column, row.get(column.name))
    return Taken(contract, values, _carry(document, file, contract), _problems(contract, file))


def _problems(contract: Contract, file: Row) -> list[Problem]:
    """Without those on what the form asks in another way: the age comes from the date of birth."""
    asked_otherwise = {contract.birth_column, contract.id_column}
    return [one for one in validate_file(contract, file) if one.pointer.rpartition("/")[2] not in asked_otherwise]


def _table_names(contract: Contract) -> set[str]:
    return {table.name for table in contract.tables.values()}


def _carry(document: Row, file: Mapping[str, Any], contract: Contract) -> str:
    tables = {table.name: file[table.name] for table in contract.child_tables if file.get(table.name)}
    external_id = document.get("external_id")
    kept = {"tables": tables} if tables else {}
    kept |= {"external_id": external_id} if isinstance(external_id, str) and external_id else {}
    return json.dumps(kept, ensure_ascii=False) if kept else ""


def _as_typed(column: Column, value: Any) -> dict[str, str]:
    if value is None or value == "":
        return {}
    if is_dated(column) and type(value) is int:
        if value in column.sentinel_set:
            return {column.name + NOT_APPLICABLE: "on"}
        try:
            return {column.name: wording.date_of(value, timezone.localdate()).isoformat()}
        except OverflowError:
            return {column.name: str(value)}
    if isinstance(value, float) and column.dtype != "category":
        return {column.name: repr(value).replace(".", "," if formatting.french() else ".")}
    return {column.name: _plain(value)}


def _plain(value: Any) -> str:
    text = str(int(value)) if isinstance(value, bool) else str(value)
    return text[:LONGEST_VALUE]
