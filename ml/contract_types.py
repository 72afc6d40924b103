"""What a data contract consists of: columns, tables, sections, reasons; and its JSON Schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ml.errors import ContractError

DTYPES = ("int", "float", "category", "flag", "id")
# How long a value outside a vocabulary may be where the contract lets it pass as unseen.
MAX_UNSEEN_LENGTH = 100
# A limit per child table: the longest genuine history has 1,500 rows.
MAX_CHILD_ROWS = 10_000
# The reason given where a value was not known; every product words it.
MISSING_REASON = "missing_information"


@dataclass(frozen=True)
class Section:
    """A step of the form and a chapter of the dictionary."""

    key: str
    label_en: str
    label_fr: str


@dataclass(frozen=True)
class Reason:
    """What an applicant reads when the columns behind ``reason_code`` weighed on the score.

    ``source_en`` and ``source_fr`` name who gave us the data, where it was not the applicant or ourselves.
    """

    reason_code: str
    text_en: str
    text_fr: str
    favourable_en: str
    favourable_fr: str
    source_en: str = ""
    source_fr: str = ""


@dataclass(frozen=True)
class Column:
    """One column: what it may hold and how people read it.

    ``minimum`` and ``maximum`` are inclusive and in the column's unit; ``sentinels`` are allowed
    beside the range. ``category_labels`` words the categories, or the values of a number that is a
    code with an order. ``nullable`` says that a raw table may hold nulls; ``required`` that a credit
    file must give a value (an optional column may be absent or null: it counts as missing).
    """

    name: str
    table: str
    dtype: str
    unit: str
    minimum: float | None
    maximum: float | None
    categories: tuple[str, ...]
    nullable: bool
    section: str
    label_en: str
    label_fr: str
    help_en: str
    help_fr: str
    category_labels: dict[str, tuple[str, str]]
    protected: bool
    model_input: bool
    reason_allowed: bool
    unseen_allowed: bool
    sentinels: tuple[float, ...]
    required: bool = False
    reason_code: str = ""
    unit_label_en: str = ""
    unit_label_fr: str = ""

    @cached_property
    def category_set(self) -> frozenset[str]:
        """The categories, for lookups."""
        return frozenset(self.categories)

    @cached_property
    def accepts(self) -> Callable[[Any], bool]:
        """The quick test: True only for a value that is certainly right; the rest needs a closer look."""
        if self.dtype == "category":
            return _accepts_category(self.category_set)
        if self.minimum is None or self.maximum is None:
            raise ContractError(f"{self.name}: a number needs a minimum and a maximum.")
        return _accepts_number(self.minimum, self.maximum, whole=self.dtype != "float")

    @cached_property
    def sentinel_set(self) -> frozenset[float]:
        """The sentinels, for lookups."""
        return frozenset(self.sentinels)

    @cached_property
    def folded_categories(self) -> dict[str, str]:
        """Lower-case spelling without outer spaces -> the exact category, for hints."""
        return {category.strip().casefold(): category for category in self.categories}

    @property
    def allowed(self) -> str:
        """What the column accepts, in a few words for a message."""
        if self.dtype == "category":
            return ", ".join(self.categories)
        if self.dtype == "flag":
            return "0 or 1"
        kind = "number" if self.dtype == "float" else "whole number"
        text = f"{kind} from {self.minimum:.12g} to {self.maximum:.12g}" if self.minimum is not None else kind
        return text + "".join(f", or {sentinel:.12g}" for sentinel in self.sentinels)

    def json_schema(self) -> dict[str, Any]:
        """Return the column's JSON Schema (2020-12), as used in OpenAPI 3.1."""
        schema: dict[str, Any] = {"title": self.label_en, "description": self._description()}
        if self.dtype == "category":
            schema |= self._category_schema()
        elif self.dtype == "flag":
            schema |= {"type": "integer", "enum": [0, 1]}
        else:
            schema |= self._number_schema()
        return schema if self.required else _or_null(schema)

    def _category_schema(self) -> dict[str, Any]:
        if self.unseen_allowed:
            return {"type": "string", "maxLength": MAX_UNSEEN_LENGTH, "examples": list(self.categories)}
        return {"type": "string", "enum": list(self.categories)}

    def _number_schema(self) -> dict[str, Any]:
        kind = "number" if self.dtype == "float" else "integer"
        if self.minimum is None:
            return {"type": kind}
        bounds = {"type": kind, "minimum": self.minimum, "maximum": self.maximum}
        if not self.sentinels:
            return bounds
        return {"anyOf": [bounds, {"type": kind, "enum": list(self.sentinels)}]}

    def _description(self) -> str:
        unit = f" ({self.unit_label_en})" if self.unit_label_en else ""
        return f"{self.help_en}{unit}".strip()


@dataclass(frozen=True)
class Table:
    """One raw table.

    ``key`` names the column that is unique per row ("" where rows have none); ``parent_key`` is the
    column that points at the row of ``parent`` a row belongs to.
    """

    name: str
    key: str
    parent: str | None
    parent_key: str | None
    columns: tuple[Column, ...]
    label_en: str = ""
    label_fr: str = ""

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Column name -> column, in the contract's order."""
        return {column.name: column for column in self.columns}

    @cached_property
    def required_names(self) -> tuple[str, ...]:
        """The columns a credit file must give a value for."""
        return tuple(column.name for column in self.columns if column.required)

    def column(self, name: str) -> Column:
        """Return the column called ``name``; raises ContractError when the table has none."""
        try:
            return self.by_name[name]
        except KeyError:
            raise ContractError(f"Table {self.name} has no column {name}.", code="unknown_column") from None

    def json_schema(self, *, without: frozenset[str] = frozenset()) -> dict[str, Any]:
        """Return the JSON Schema of one row, leaving out the columns named in ``without``."""
        columns = [column for column in self.columns if column.name not in without]
        return {
            "type": "object",
            "title": self.label_en,
            "properties": {column.name: column.json_schema() for column in columns},
            "required": [column.name for column in columns if column.required],
            "additionalProperties": False,
        }


@dataclass(frozen=True)
class Contract:
    """Everything a product says about its data.

    ``amount_column`` holds the credit asked for. The age, where the product has one, is either negative days
    before the application (``birth_days_column``) or whole years (``birth_years_column``).
    """

    product: str
    version: str
    label_en: str
    label_fr: str
    currency: str
    target: str
    id_column: str
    horizon_months: int
    amount_column: str
    sections: tuple[Section, ...]
    tables: dict[str, Table]
    reasons: dict[str, Reason]
    sha256: str
    cost_false_negative: float = 10
    cost_false_positive: float = 1
    birth_days_column: str | None = None
    birth_years_column: str | None = None
    root_table: str = field(default="application")

    @property
    def application(self) -> Table:
        """The table with one row per application."""
        return self.tables[self.root_table]

    @property
    def birth_column(self) -> str | None:
        """The column that holds the age, in days or years; None where the product has none."""
        return self.birth_days_column or self.birth_years_column

    @cached_property
    def child_tables(self) -> tuple[Table, ...]:
        """The tables with any number of rows per application."""
        return tuple(table for table in self.tables.values() if table.name != self.root_table)

    def file_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of one credit file: the application row and its child tables."""
        rows: dict[str, Any] = {
            table.name: {"type": "array", "maxItems": MAX_CHILD_ROWS, "items": table.json_schema()}
            for table in self.child_tables
        }
        application = self.application.json_schema(without=frozenset({self.target}))
        return {
            "type": "object",
            "title": f"{self.label_en}: credit file",
            "properties": {self.root_table: application, **rows},
            "required": [self.root_table],
            "additionalProperties": False,
        }


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if "enum" in schema:
        return schema | {"type": [schema["type"], "null"], "enum": [*schema["enum"], None]}
    if "anyOf" in schema:
        return schema | {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    return schema | {"type": [schema["type"], "null"]}


def _accepts_category(categories: frozenset[str]) -> Callable[[Any], bool]:
    return lambda value: type(value) is str and value in categories


def _accepts_number(minimum: float, maximum: float, *, whole: bool) -> Callable[[Any], bool]:
    if whole:
        return lambda value: type(value) is int and minimum <= value <= maximum
    return lambda value: type(value) in (int, float) and minimum <= value <= maximum
