"""The values of a credit file as people read them: labels, units and dates instead of names, codes and day counts."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import formatting
from common.formatting import french
from ml.contract import Column, Contract, Table, available_products, load_contract

RELATIVE_DAYS = "days_relative"
RELATIVE_MONTHS = "months_relative"
MONEY = frozenset({"currency", "currency_month", "currency_year"})
MEASURES = frozenset({"currency", "currency_month", "currency_year", "years", "months", "days", "instalments"})
SHARES = frozenset({"ratio"})


@dataclass(frozen=True)
class Line:
    label: str
    text: str
    is_missing: bool
    help: str


@dataclass(frozen=True)
class Chapter:
    """A section of the file: what is known, and how much is not."""

    key: str
    label: str
    lines: tuple[Line, ...]
    is_protected: bool = False

    @property
    def known(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if not line.is_missing)

    @property
    def unknown(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.is_missing)


def label_of(item: Any) -> str:
    """Of anything in the contract that has ``label_en`` and ``label_fr``."""
    return str(item.label_fr if french() else item.label_en)


def product_choices() -> list[tuple[str, str]]:
    """What lists can be narrowed to; nothing to choose from where there is one product only."""
    products = available_products()
    return [(name, label_of(load_contract(name))) for name in products] if len(products) > 1 else []


def help_of(column: Column) -> str:
    return column.help_fr if french() else column.help_en


def unit_of(column: Column) -> str:
    return column.unit_label_fr if french() else column.unit_label_en


def category_of(column: Column, value: str) -> str:
    labels = column.category_labels.get(value)
    return value if labels is None else labels[1 if french() else 0]


def coded_text(column: Column, value: float) -> str:
    """The words of a number that is a code; empty where it has none."""
    known = column.dtype == "int" and float(value).is_integer() and str(int(value)) in column.category_labels
    return category_of(column, str(int(value))) if known else ""


def is_missing(column: Column, value: Any) -> bool:
    return formatting.is_missing(value) or value in column.sentinel_set


def value_text(column: Column, value: Any) -> str:
    if formatting.is_missing(value):
        return formatting.missing()
    if value in column.sentinel_set:
        return _("does not apply")
    if column.dtype == "category":
        return category_of(column, str(value))
    if column.dtype == "flag":
        return _("yes") if value else _("no")
    if column.dtype == "id":
        return str(value)
    if column.unit in MONEY:  # as it was stated: what is kept or offered is never a rounded amount
        return formatting.money(value, unit_of(column))
    return coded_text(column, value) or measure(value, column.unit, unit_of(column))


def chapters(contract: Contract, row: dict[str, Any]) -> list[Chapter]:
    """The application row by section, in the contract's order, without identifiers and without the target."""
    found = []
    for section in contract.sections:
        columns = _columns(contract, section.key)
        if columns:
            lines = tuple(_line(contract, column, row.get(column.name)) for column in columns)
            protected = all(column.protected for column in columns)
            found.append(Chapter(section.key, label_of(section), lines, protected))
    return found


def child_tables(contract: Contract, file: dict[str, Any]) -> list[tuple[str, int]]:
    return [(_table_label(table), len(file.get(table.name) or [])) for table in contract.child_tables]


def date_of(days: int, counted_from: date) -> date:
    return counted_from + timedelta(days=days)


def days_until(day: date, counted_from: date | None = None) -> int:
    return (day - (counted_from or timezone.localdate())).days


def age_given(contract: Contract, birth_date: date, on: date | None = None) -> dict[str, int]:
    """The column of the age as the contract wants it; none where the product asks for no age."""
    on = on or timezone.localdate()
    if contract.birth_days_column:
        return {contract.birth_days_column: days_until(birth_date, on)}
    if contract.birth_years_column:
        had_birthday = (on.month, on.day) >= (birth_date.month, birth_date.day)
        return {contract.birth_years_column: on.year - birth_date.year - (0 if had_birthday else 1)}
    return {}


def _columns(contract: Contract, section: str) -> list[Column]:
    return [
        column
        for column in contract.application.columns
        if column.section == section and column.dtype != "id" and column.name != contract.target
    ]


def _line(contract: Contract, column: Column, value: Any) -> Line:
    if column.name == contract.birth_days_column and not is_missing(column, value):
        return Line(_("Age"), formatting.years(value), is_missing=False, help="")
    return Line(label_of(column), value_text(column, value), is_missing(column, value), help_of(column))


def _table_label(table: Table) -> str:
    return table.label_fr if french() else table.label_en


def measure(value: float, unit: str, unit_label: str) -> str:
    if unit == RELATIVE_DAYS:
        return _relative(formatting.years(value), int(value))
    if unit == RELATIVE_MONTHS:
        months = ngettext("%(n)s month", "%(n)s months", int(abs(value))) % {"n": int(abs(value))}
        return _relative(months, int(value))
    if unit in SHARES:
        return formatting.percent(value, 2 if abs(value) < 0.1 else 1)
    if unit in MEASURES:
        return f"{formatting.short_number(value)}{formatting.NBSP}{unit_label}"
    return formatting.short_number(value)


def _relative(length: str, value: float) -> str:
    if value == 0:
        return _("at the time of the application")
    return _("%(time)s earlier") % {"time": length} if value < 0 else _("%(time)s later") % {"time": length}
