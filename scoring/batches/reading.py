"""A file of applications as rows, read as a stream: what is wrong with a row is said of that row, the rest goes on.

Every line of a CSV file is a row: no column of an application holds a line break, so a forgotten quote costs one row.
"""

import csv
import gzip
import io
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.errors import InvalidInput
from ml.contract_types import Contract
from ml.errors import Problem
from ml.frame_validation import expected_columns
from ml.value_checks import show

MOST_ROWS = 1_000_000
LONGEST_LINE = 256 * 1024
MOST_PLAIN_BYTES = 2 * 1024**3
# Real files shrink to a fifth or a tenth; what shrinks more is made to fill the disk.
LARGEST_RATIO = 200
RATIO_COUNTS_FROM = 64 * 1024 * 1024
MOST_PROBLEMS = 50
PARQUET_ROWS = 2_000


class FileRefused(InvalidInput):
    """The file as a whole cannot be read; ``code`` says why."""


@dataclass(frozen=True)
class Row:
    """``line`` of the file (of Parquet: the row), 1 is the first; ``problem`` when it cannot be read."""

    number: int
    line: int
    values: list[Any]
    problem: tuple[str, str] | None = None


@dataclass(frozen=True)
class Source:
    columns: list[str]
    rows: Iterator[Row]


def format_of(head: bytes) -> str:
    if head.startswith(b"PAR1"):
        return "parquet"
    return "csv.gz" if head.startswith(b"\x1f\x8b") else "csv"


def open_source(stream: BinaryIO, kind: str, size: int, contract: Contract) -> Source:
    """Raises FileRefused for what concerns the whole file, at once or while the rows are read."""
    if size == 0:
        raise FileRefused(_("The file is empty."), code="file_empty")
    if kind == "parquet":
        return _parquet(stream, size, contract)
    return _csv(_lines(stream, kind, size), contract)


def check_columns(columns: list[str], contract: Contract) -> None:
    table = contract.application
    needed = expected_columns(contract, table, require_target=False, complete=False)
    known = set(table.by_name) - {contract.target}
    groups = (
        ("missing", _("Column %(name)s is missing."), sorted(set(needed) - set(columns))),
        (
            "duplicate_name",
            _("Column %(name)s stands twice."),
            [n for n, often in Counter(columns).items() if often > 1],
        ),
        ("unknown_column", _("Column %(name)s is not known."), [name for name in columns if name not in known]),
    )
    problems = [Problem("/file", code, words % {"name": show(name)}) for code, words, names in groups for name in names]
    if problems:
        message = _("The columns are not those of the product's table “%(table)s”.") % {"table": table.name}
        if len(columns) == 1 and ";" in columns[0]:
            message += " " + _("Separate the columns by commas, not by semicolons.")
        raise FileRefused(message, problems[:MOST_PROBLEMS], code="file_columns")


def _csv(lines: Iterator[tuple[int, bytes]], contract: Contract) -> Source:
    _number, head = next(lines, (0, b""))
    try:
        columns = next(csv.reader([head.decode("utf-8-sig")], strict=True), [])
    except (UnicodeDecodeError, csv.Error, StopIteration) as error:
        raise FileRefused(
            _("The first line cannot be read as the names of columns in UTF-8."), code="not_utf8"
        ) from error
    check_columns(columns, contract)
    first = next(lines, None)
    if first is None:
        raise FileRefused(_("The file has a header and no rows."), code="file_without_rows")
    return Source(columns, _csv_rows(first, lines, len(columns)))


def _csv_rows(first: tuple[int, bytes], lines: Iterator[tuple[int, bytes]], width: int) -> Iterator[Row]:
    for number, found in enumerate(chain([first], lines), start=1):
        _refuse_too_many(number)
        yield _csv_row(number, *found, width)


def _csv_row(number: int, line: int, content: bytes, width: int) -> Row:
    try:
        values = next(csv.reader([content.decode("utf-8")], strict=True))
    except UnicodeDecodeError:
        return Row(number, line, [], ("not_utf8", _("The line is not encoded in UTF-8.")))
    except (csv.Error, StopIteration):
        return Row(number, line, [], ("line_unreadable", _("The line is badly quoted.")))
    if len(values) != width:
        words = ngettext(
            "The line has %(got)d value instead of %(expected)d.",
            "The line has %(got)d values instead of %(expected)d.",
            len(values),
        ) % {"got": len(values), "expected": width}
        return Row(number, line, [], ("wrong_number_of_values", words))
    return Row(number, line, values)


def _lines(stream: BinaryIO, kind: str, size: int) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, with their numbers; never more than one in memory."""
    plain: Any = gzip.GzipFile(fileobj=stream) if kind == "csv.gz" else stream
    reader, read, number = io.BufferedReader(plain, 1024 * 1024), 0, 0
    while True:
        try:
            line = reader.readline(LONGEST_LINE)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            message = _("The file ends in the middle or is damaged, after line %(line)d.") % {"line": number}
            raise FileRefused(message, code="file_truncated") from error
        if not line:
            return
        number, read = number + 1, read + len(line)
        _refuse_bombs(read, size)
        if len(line) == LONGEST_LINE:
            raise FileRefused(_("Line %(line)d is too long.") % {"line": number}, code="line_too_long")
        if line.strip():
            yield number, line.rstrip(b"\r\n")


def _refuse_bombs(plain: int, size: int) -> None:
    if plain > MOST_PLAIN_BYTES or (plain > RATIO_COUNTS_FROM and plain > LARGEST_RATIO * size):
        raise FileRefused(_("Unpacked, the file is too large."), code="file_too_large")


def _refuse_too_many(rows: int) -> None:
    if rows > MOST_ROWS:
        raise FileRefused(_("A batch has at most %(most)d rows.") % {"most": MOST_ROWS}, code="too_many_rows")


def _parquet(stream: BinaryIO, size: int, contract: Contract) -> Source:
    try:
        file = pq.ParquetFile(stream, buffer_size=64 * 1024, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        message = _("This is not a whole Parquet file; it is cut off or of another kind.")
        raise FileRefused(message, code="file_truncated") from error
    columns = [field.name for field in file.schema_arrow]
    check_columns(columns, contract)
    _check_types(file.schema_arrow)
    if file.metadata.num_rows == 0:
        raise FileRefused(_("The file has a header and no rows."), code="file_without_rows")
    _refuse_too_many(file.metadata.num_rows)
    groups = range(file.metadata.num_row_groups)
    _refuse_bombs(sum(file.metadata.row_group(place).total_byte_size for place in groups), size)
    return Source(columns, _parquet_rows(file, columns))


def _check_types(schema: pa.Schema) -> None:
    plain = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_decimal, pa.types.is_null)
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_dictionary)
    wrong = [field for field in schema if not any(fits(field.type) for fits in plain + texts)]
    if wrong:
        words = _("Column %(name)s holds %(type)s instead of numbers or texts.")
        problems = [Problem("/file", "wrong_type", words % {"name": f.name, "type": f.type}) for f in wrong]
        raise FileRefused(_("Some columns are of another type."), problems[:MOST_PROBLEMS], code="file_columns")


def _parquet_rows(file: pq.ParquetFile, columns: list[str]) -> Iterator[Row]:
    number = 0
    try:
        for part in file.iter_batches(batch_size=PARQUET_ROWS):
            for values in zip(*(part.column(name).to_pylist() for name in columns), strict=True):
                number += 1
                yield Row(number, number, [_plain(value) for value in values])
    except (pa.ArrowException, OSError) as error:
        message = _("The file ends in the middle or is damaged, after line %(line)d.") % {"line": number}
        raise FileRefused(message, code="file_truncated") from error


def _plain(value: Any) -> Any:
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, Decimal):
        return float(value)
    return value if value is None or isinstance(value, str | int | float) else str(value)


ID_TEXT = re.compile(r"\d{1,18}(\.0)?", re.ASCII)


def id_of(value: Any) -> int | None:
    """The applicant's number as the contract takes it, from a text or a number."""
    text = str(value).strip()
    return int(float(text)) if ID_TEXT.fullmatch(text) else None
