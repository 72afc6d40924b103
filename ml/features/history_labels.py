"""The names and words of aggregates, composed of column, function, filter and table."""

from __future__ import annotations

from ml.contract_types import Table
from ml.features.histories import ALL, Filter

Words = dict[str, tuple[str, str]]
WORDS: Words = {
    "count": ("Number", "Nombre"),
    "sum": ("total", "total"),
    "min": ("lowest", "minimum"),
    "max": ("highest", "maximum"),
    "mean": ("mean", "moyenne"),
    "std": ("spread", "dispersion"),
    "n_unique": ("how many different", "nombre de valeurs différentes"),
    "first": ("oldest", "valeur la plus ancienne"),
    "last": ("newest", "valeur la plus récente"),
    "trend": ("trend", "tendance"),
}
# Of a column that is 1 or 0 the mean is a share; of one that counts days or months, negative before the
# application, the highest is the latest.
WORDS_BY_UNIT: dict[str, Words] = {
    "yes_no": {"mean": ("share", "part"), "sum": ("number", "nombre")},
    "days_relative": {"min": ("earliest", "au plus tôt"), "max": ("latest", "au plus tard")},
    "months_relative": {"min": ("earliest", "au plus tôt"), "max": ("latest", "au plus tard")},
}
UNITS = {"count": "count", "n_unique": "count", "trend": "none"}
UNITS_BY_UNIT = {
    "yes_no": {"mean": "ratio", "sum": "count"} | dict.fromkeys(("min", "max", "std", "first", "last"), "none"),
    "days_relative": {"std": "days"},
    "months_relative": {"std": "none"},
}


def aggregate_name(table: str, rows: str, column: str, function: str) -> str:
    """The feature's name: table, filter unless all rows, column, function; in lower case.

    >>> aggregate_name("bureau", "active", "AMT_CREDIT_SUM", "mean")
    'bureau_active_amt_credit_sum_mean'
    """
    parts = (table, "" if rows == ALL else rows, column, function)
    return "_".join(part for part in parts if part).lower()


def aggregate_unit(unit: str, function: str) -> str:
    """The unit of a function of a column in ``unit``.

    >>> aggregate_unit("yes_no", "mean"), aggregate_unit("currency", "trend")
    ('ratio', 'none')
    """
    return UNITS.get(function) or UNITS_BY_UNIT.get(unit, {}).get(function, unit)


def aggregate_labels(
    table: Table, rows: Filter, column: tuple[str, str], function: str, *, unit: str = "none", of_parent: bool = False
) -> tuple[str, str]:
    """English and French label; ``column`` holds the column's own two in ``unit``, empty where ``count`` has none.

    The table is said where no filter says which rows, except ``of_parent``: those become part of another label.

    >>> from ml.contract import load_contract
    >>> five = Filter("last_5", last=5, label_en="last 5 instalments", label_fr="5 dernières échéances")
    >>> table = load_contract().tables["installments_payments"]
    >>> aggregate_labels(table, five, ("Days late", "Jours de retard"), "mean")
    ('Days late, mean (last 5 instalments)', 'Jours de retard, moyenne (5 dernières échéances)')
    """
    words = WORDS_BY_UNIT.get(unit, {}).get(function, WORDS[function])
    if function == "count" and column[0]:
        words = "", ""
    english, french = (", ".join(part for part in pair if part) for pair in zip(column, words, strict=True))
    if rows.name != ALL:
        return f"{english} ({rows.label_en})", f"{french} ({rows.label_fr})"
    if of_parent:
        return english, french
    return f"{english} ({_inside(table.label_en)})", f"{french} ({_inside(table.label_fr)})"


def _inside(label: str) -> str:
    return label[:1].lower() + label[1:]
