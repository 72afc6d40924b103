"""Reads a lender's raw table from CSV, compressed CSV or Parquet, with the contract's types."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from ml.contract_types import Column, Contract, Table
from ml.errors import ContractError, Problem
from ml.frame_validation import expected_columns
from ml.value_checks import pointer_to, problem, show

NULLS = ["", "NA", "NaN", "nan", "null", "NULL"]
SUFFIXES = (".csv", ".csv.gz", ".parquet")


def read_table(contract: Contract, path: Path | str, table: str, *, complete: bool = True) -> pd.DataFrame:
    """Read one raw table; types come from the contract, never from guessing.

    Parameters: ``path`` of a ``.csv``, ``.csv.gz`` (UTF-8, commas) or ``.parquet`` file; ``table`` of
    the contract; ``complete`` asks for every column except the target, otherwise only for the
    required ones and the identifier.

    Returns: a frame with the file's columns: whole numbers without nulls as int64, other numbers
    as float64, categories as str. Ranges and categories are the business of ``validate_frame``.

    Raises ContractError naming the file and what is wrong: ``table_missing``, ``table_unreadable``
    (truncated, not this format), ``table_columns``, ``table_empty``, ``table_values``.
    """
    path, entry = Path(path), contract.tables[table]
    raw = _read(path, entry)
    names = list(raw.column_names)
    _check_names(contract, entry, path, names, complete=complete)
    if raw.num_rows == 0 and table == contract.root_table:
        raise _error(path, "it has no rows", "table_empty", [Problem(pointer_to(table), "empty", "No rows.")])
    frame = pd.DataFrame({name: _typed(path, entry.column(name), raw.column(name)) for name in names})
    _check_ids(path, entry, frame)
    return frame


def _read(path: Path, table: Table) -> pa.Table:
    if not path.is_file():
        raise _error(path, "there is no such file", "table_missing")
    if not path.name.endswith(SUFFIXES):
        raise _error(path, f"expected one of {', '.join(SUFFIXES)}", "table_unreadable")
    if path.stat().st_size == 0:
        raise _error(path, "the file is empty (0 bytes)", "table_empty")
    try:
        return pa.parquet.read_table(path) if path.suffix == ".parquet" else _read_csv(path, table)
    except (pa.ArrowException, OSError, EOFError) as error:
        raise _error(path, reading_problem(str(error)), "table_unreadable") from error


def _read_csv(path: Path, table: Table) -> pa.Table:
    types = {c.name: pa.string() if c.dtype == "category" else pa.float64() for c in table.columns}
    try:
        return _parse_csv(path, types)
    except pa.ArrowInvalid as error:
        if "conversion error" not in str(error):
            raise
    # Some cell is no number: read all as text, so that the rows can be named.
    return _parse_csv(path, dict.fromkeys(types, pa.string()))


def _parse_csv(path: Path, types: dict[str, pa.DataType]) -> pa.Table:
    # Single-threaded, or a broken line would be reported without its number.
    reading = pa.csv.ReadOptions(use_threads=False)
    parsing = pa.csv.ParseOptions(newlines_in_values=True)
    converting = pa.csv.ConvertOptions(column_types=types, null_values=NULLS, strings_can_be_null=True)
    compression = "gzip" if path.suffix == ".gz" else None
    with pa.input_stream(str(path), compression=compression) as stream:
        return pa.csv.read_csv(stream, reading, parsing, converting)


def reading_problem(text: str) -> str:
    """Arrow's message without the content of the file, which is personal data."""
    line = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", text)
    if line:
        row, expected, got = line.groups()
        return f"line {row} has {got} columns instead of {expected}; it is cut off or badly quoted"
    if "Parquet" in text or "parquet" in text or "magic bytes" in text or "footer" in text:
        return "it is not a whole Parquet file; it is cut off or of another kind"
    if "UTF8" in text or "UTF-8" in text.upper():
        return "it is not encoded in UTF-8"
    if "zlib" in text or "inflate" in text or "gzip" in text.lower() or "compressed" in text.lower():
        return "it is not a whole gzip file; it is cut off or of another kind"
    return text.splitlines()[0][:120].rstrip(".")


def _check_names(contract: Contract, table: Table, path: Path, names: list[str], *, complete: bool) -> None:
    expected = expected_columns(contract, table, require_target=False, complete=complete)
    groups = {
        "missing": ("missing", [name for name in expected if name not in names]),
        "unknown": ("unknown_column", [name for name in names if name not in table.by_name]),
        "repeated": ("duplicate_id", sorted({name for name in names if names.count(name) > 1})),
    }
    problems = [
        Problem(pointer_to(table.name, name), code, f"Column {show(name)} is {word}.")
        for word, (code, found) in groups.items()
        for name in found
    ]
    if problems:
        words = [f"{word} columns: {_listed(found)}" for word, (_, found) in groups.items() if found]
        hint = "; are the columns separated by semicolons?" if len(names) == 1 and ";" in names[0] else ""
        raise _error(path, "; ".join(words) + hint, "table_columns", problems)


def _listed(names: list[str], most: int = 5) -> str:
    shown = ", ".join(show(name).strip('"') for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def _typed(path: Path, column: Column, values: pa.ChunkedArray) -> pd.Series[Any]:
    series = values.to_pandas()
    if column.dtype == "category":
        if pa.types.is_dictionary(values.type) or pa.types.is_null(values.type):
            return series.astype("str")
        if pa.types.is_integer(values.type) and _is_coded(column):
            return series.astype("Int64").astype("str").where(series.notna(), None)
        if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
            raise _values_error(path, column, np.flatnonzero(series.notna()), "text")
        return series
    return _typed_number(path, column, series)


def _is_coded(column: Column) -> bool:
    """Whether the categories are whole numbers, which a source may hold as such: 2 is then the category "2"."""
    return all(category.lstrip("-").isdigit() for category in column.categories)


def _typed_number(path: Path, column: Column, series: pd.Series[Any]) -> pd.Series[Any]:
    if pd.api.types.is_bool_dtype(series.dtype):
        raise _values_error(path, column, np.arange(len(series)), "a number")
    numbers = pd.to_numeric(series, errors="coerce")
    wrong = np.flatnonzero(numbers.isna() & series.notna())
    if len(wrong):
        raise _values_error(path, column, wrong, "a number")
    numbers = numbers.astype("float64") if numbers.dtype.kind not in "iu" else numbers.astype("int64")
    if column.dtype == "float":
        return numbers.astype("float64")
    # Ids, counts and days come as 3.0 from some sources; a fraction stays for validate_frame to name.
    whole = bool(np.isfinite(numbers).all() and (numbers == np.round(numbers)).all())
    return numbers.astype("int64") if whole else numbers


def _values_error(path: Path, column: Column, rows: Any, kind: str) -> ContractError:
    named = ", ".join(str(row + 1) for row in rows[:5])
    what = f"{column.name}: expected {kind} in {len(rows)} row(s) (row {named})"
    found = problem(column, pointer_to(column.table, column.name), "wrong_type", what)
    return _error(path, what, "table_values", [found])


def _check_ids(path: Path, table: Table, frame: pd.DataFrame) -> None:
    if not table.key or table.key not in frame:
        return
    keys = frame[table.key]
    again = np.flatnonzero(keys.duplicated() & keys.notna())
    if len(again):
        named = ", ".join(str(row + 1) for row in again[:5])
        what = f"{table.key} is used more than once: {len(again)} duplicate row(s) (row {named})"
        found = Problem(pointer_to(table.name, table.key), "duplicate_id", what)
        raise _error(path, what, "table_values", [found])


def _error(path: Path, what: str, code: str, problems: list[Problem] | None = None) -> ContractError:
    return ContractError(f"{path.name}: {what}.", problems or [], code)
