"""Writes the feature specification as Markdown for people: ``python -m ml.features.dictionary home_credit``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from ml.contract import load_contract
from ml.contract_types import Contract
from ml.features.dictionary_words import aggregate_words, column_words, condition_words, operation_words
from ml.features.histories import Aggregate, Filter, History, RowColumn
from ml.features.specification import Feature, Specification, load_specification

FEATURES = ("feature", "meaning", "made of", "unit", "reason", "sign")
SIGNS = {1: "a higher value may only raise the risk", -1: "a higher value may only lower the risk", 0: "-"}


def as_markdown(specification: Specification, contract: Contract) -> str:
    """Return the feature dictionary: one line per feature, with what it is made of, its unit, reason and sign.

    >>> as_markdown(load_specification(), load_contract()).splitlines()[0]
    '# Feature dictionary: Consumer credit'
    """
    return "\n".join(_lines(specification, contract)) + "\n"


def _lines(specification: Specification, contract: Contract) -> Iterator[str]:
    given = [feature for feature in specification.features if feature.op == "column"]
    made = [feature for feature in specification.features if feature.op not in ("column", "aggregate")]
    late = from_histories(specification)
    yield f"# Feature dictionary: {contract.label_en}"
    yield ""
    yield (
        f"Made from the specification by `python -m ml.features.dictionary {contract.product}`; change the "
        f"specification, not this page. Version {specification.version}, {len(specification.features)} features. "
        "Meanings are in English and *French*. Days and months count from the application, negative before it. A "
        "feature without a reason is never given as one; a second code is the reason where the value is missing."
    )
    yield from _chapter(f"As given in `{contract.root_table}`", FEATURES, map(_feature_cells, given))
    early = [feature for feature in made if feature.name not in late]
    yield from _chapter("Expressions over the application", FEATURES, map(_feature_cells, early))
    for history in specification.histories:
        yield from _history_lines(history, specification, contract)
    over = [feature for feature in made if feature.name in late]
    yield from _chapter("Expressions over histories", FEATURES, map(_feature_cells, over))
    yield from _chapter("Units", ("unit", "meaning"), _unit_cells(contract))
    header = ("reason", "raised the risk", "lowered the risk")
    yield from _chapter("Reasons", header, _reason_cells(specification, contract))


def from_histories(specification: Specification) -> frozenset[str]:
    """The features that cannot be had from the application alone: aggregates, and whatever leans on them."""
    found: set[str] = set()
    for feature in specification.features:
        if feature.op == "aggregate" or (feature.op != "column" and found & set(feature.inputs)):
            found.add(feature.name)
    return frozenset(found)


def _chapter(title: str, header: Sequence[str], rows: Iterable[Sequence[str]], level: str = "##") -> Iterator[str]:
    rows = list(rows)
    if rows:
        yield from ["", f"{level} {title}", ""]
        yield from _table(header, rows)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _line(header)
    yield "|" + "---|" * len(header)
    yield from map(_line, rows)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _history_lines(history: History, specification: Specification, contract: Contract) -> Iterator[str]:
    table = contract.tables[history.table]
    yield from ["", f"## {table.label_en} (`{table.name}`)"]
    if history.order:
        yield from ["", f"Oldest to newest by {', '.join(f'`{name}`' for name in history.order)}."]
    rows = map(_row_cells, history.rows)
    yield from _chapter("Derived row by row", ("column", "meaning", "made of", "unit"), rows, "###")
    yield from _chapter("Which rows", ("filter", "meaning", "rows kept"), map(_filter_cells, history.filters), "###")
    parents = [each for each in history.aggregates if each.level == "parent"]
    cells = [(f"`{each.name}`", aggregate_words(each)) for each in parents]
    yield from _chapter(f"Columns it adds to `{table.parent}`", ("column", "made of"), cells, "###")
    made = {each.name: each for each in history.aggregates}
    own = [feature for feature in specification.features if feature.name in made and feature.op == "aggregate"]
    features = (_feature_cells(feature, made[feature.name]) for feature in own)
    yield from _chapter("Features", FEATURES, features, "###")


def _row_cells(row: RowColumn) -> tuple[str, ...]:
    return f"`{row.name}`", _both(row.label_en, row.label_fr), operation_words(row), row.unit


def _filter_cells(rows: Filter) -> tuple[str, ...]:
    newest = [f"of those the newest {rows.last}"] if rows.last else []
    kept = [*map(condition_words, rows.where), *newest]
    return f"`{rows.name}`", _both(rows.label_en, rows.label_fr), "; ".join(kept)


def _feature_cells(feature: Feature, aggregate: Aggregate | None = None) -> tuple[str, ...]:
    made_of = aggregate_words(aggregate) if aggregate else column_words(feature)
    reasons = [f"`{code}`" for code in (feature.reason_code, feature.missing_reason_code) if code]
    meaning = _both(feature.label_en, feature.label_fr)
    return f"`{feature.name}`", meaning, made_of, feature.unit, ", ".join(reasons) or "-", SIGNS[feature.monotone]


def _both(english: str, french: str) -> str:
    return f"{english} / *{french}*"


def _unit_cells(contract: Contract) -> Iterator[tuple[str, ...]]:
    columns = [column for table in contract.tables.values() for column in table.columns if column.unit_label_en]
    words = {column.unit: _both(column.unit_label_en, column.unit_label_fr) for column in columns}
    yield from sorted(words.items())


def _reason_cells(specification: Specification, contract: Contract) -> Iterator[tuple[str, ...]]:
    given = {code for feature in specification.features for code in (feature.reason_code, feature.missing_reason_code)}
    for code, reason in contract.reasons.items():
        if code in given:
            raised, lowered = (reason.text_en, reason.text_fr), (reason.favourable_en, reason.favourable_fr)
            yield f"`{code}`", _both(*raised), _both(*lowered)


if __name__ == "__main__":
    product = sys.argv[1] if len(sys.argv) > 1 else "home_credit"
    sys.stdout.write(as_markdown(load_specification(product), load_contract(product)))
