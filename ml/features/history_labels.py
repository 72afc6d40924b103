"""The names and words of aggregates, composed of function, column, filter and table."""

from __future__ import annotations

from ml.contract_types import Table
from ml.features.histories import ALL, Filter

ENGLISH = {
    "count": "Number of rows",
    "sum": "Sum of {}",
    "min": "Lowest {}",
    "max": "Highest {}",
    "mean": "Mean of {}",
    "std": "Spread of {}",
    "n_unique": "Different values of {}",
    "first": "Oldest {}",
    "last": "Newest {}",
    "trend": "Trend of {}",
}
FRENCH = {
    "count": "Nombre de lignes",
    "sum": "{} : somme",
    "min": "{} : minimum",
    "max": "{} : maximum",
    "mean": "{} : moyenne",
    "std": "{} : dispersion",
    "n_unique": "{} : valeurs différentes",
    "first": "{} : valeur la plus ancienne",
    "last": "{} : valeur la plus récente",
    "trend": "{} : tendance",
}


def aggregate_name(table: str, rows: str, column: str, function: str) -> str:
    """The feature's name: table, filter unless all rows, column, function; in lower case.

    >>> aggregate_name("bureau", "active", "AMT_CREDIT_SUM", "mean")
    'bureau_active_amt_credit_sum_mean'
    """
    parts = (table, "" if rows == ALL else rows, column, function)
    return "_".join(part for part in parts if part).lower()


def aggregate_labels(
    table: Table, rows: Filter, column: tuple[str, str], function: str, *, of_parent: bool = False
) -> tuple[str, str]:
    """English and French label; ``column`` holds the column's own two, empty for ``count``.

    The table is said where no filter says which rows, except ``of_parent``: those become part of another label.
    """
    labels = ENGLISH[function].format(column[0]), FRENCH[function].format(column[1])
    if rows.name == ALL and of_parent:
        return labels
    english, french = (rows.label_en, rows.label_fr) if rows.name != ALL else (table.label_en, table.label_fr)
    return f"{labels[0]} ({english})", f"{labels[1]} ({french})"
