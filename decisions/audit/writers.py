"""Rows into files, one at a time: CSV, XLSX and JSON, none of which a spreadsheet takes for a formula."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter
from django.db import models
from django.utils.translation import gettext_lazy as _

SHEET_ROWS = 1_000_000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the wide ones too
DAY_AND_TIME = "yyyy-mm-dd hh:mm:ss"


class Format(models.TextChoices):
    CSV = "csv", _("CSV")
    XLSX = "xlsx", _("Excel (XLSX)")
    JSON = "json", _("JSON")


MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSON: "application/json",
}


class Writer(Protocol):
    def add(self, row: Sequence[Any]) -> None: ...

    def close(self) -> None: ...


def harmless(text: str) -> str:
    """A text that a spreadsheet would compute gets an apostrophe in front, which makes it text again."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class CsvWriter:
    """UTF-8 with the mark that spreadsheets look for; lines end as RFC 4180 says."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.file = path.open("w", encoding="utf-8-sig", newline="")
        self.csv = csv.writer(self.file)
        self.csv.writerow(columns)

    def add(self, row: Sequence[Any]) -> None:
        self.csv.writerow([_cell(value) for value in row])

    def close(self) -> None:
        self.file.close()


class JsonWriter:
    """One array of objects, an object to a line, so that it can be read in parts."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.file, self.columns, self.before = path.open("w", encoding="utf-8"), columns, "[\n"

    def add(self, row: Sequence[Any]) -> None:
        values = dict(zip(self.columns, map(_json, row), strict=True))
        self.file.write(self.before + json.dumps(values, ensure_ascii=False))
        self.before = ",\n"

    def close(self) -> None:
        self.file.write("[]\n" if self.before == "[\n" else "\n]\n")
        self.file.close()


class XlsxWriter:
    """Every text is written as a text, whatever it starts with; one row is in memory."""

    def __init__(self, path: Path, columns: Sequence[str], made: datetime) -> None:
        options = {"constant_memory": True, "tmpdir": str(path.parent), "default_date_format": DAY_AND_TIME}
        self.book = xlsxwriter.Workbook(str(path), options)
        self.book.set_properties({"created": made.astimezone(UTC).replace(tzinfo=None)})
        self.head = self.book.add_format({"bold": True})
        self.moment = self.book.add_format({"num_format": DAY_AND_TIME})
        self.columns, self.number, self.sheet = columns, 0, self._new_sheet(columns)

    def add(self, row: Sequence[Any]) -> None:
        if self.number == SHEET_ROWS:
            self.number, self.sheet = 0, self._new_sheet(self.columns)
        self.number += 1
        for place, value in enumerate(row):
            self._write(place, value)

    def close(self) -> None:
        self.book.close()

    def _new_sheet(self, columns: Sequence[str]) -> Any:
        sheet = self.book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns) - 1, 18)
        for place, name in enumerate(columns):
            sheet.write_string(0, place, name, self.head)
        return sheet

    def _write(self, place: int, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, datetime):
            self.sheet.write_datetime(self.number, place, value.astimezone(UTC).replace(tzinfo=None), self.moment)
        elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            self.sheet.write_number(self.number, place, value)
        else:
            self.sheet.write_string(self.number, place, _text(value))


def writers_for(
    formats: Iterable[str], folder: Path, columns: Sequence[str], made: datetime, stem: str
) -> Mapping[Path, tuple[Format, Writer]]:
    """A writer for each format, by the file that it fills."""
    made_by = {
        Format.CSV: lambda path: CsvWriter(path, columns),
        Format.XLSX: lambda path: XlsxWriter(path, columns, made),
        Format.JSON: lambda path: JsonWriter(path, columns),
    }
    paths = {folder / f"{stem}.{kind}": Format(kind) for kind in formats}
    return {path: (kind, made_by[kind](path)) for path, kind in paths.items()}


def _cell(value: Any) -> Any:
    if value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool)):
        return value
    return harmless(_text(value))


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return str(value)


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if value is None or isinstance(value, int | float | list | str):
        return value
    return _text(value)
