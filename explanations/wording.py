"""An explanation as people read it: grouped by reason, adverse and favourable apart, values in words."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from applications.wording import MONEY, category_of, coded_text, label_of, measure, unit_of, value_text
from common import formatting
from explanations.models import Explanation
from ml.contract import Column, Contract, load_contract
from ml.errors import MlError
from ml.features import Feature, Specification, load_specification


@dataclass(frozen=True)
class Factor:
    """One feature: what it is, what it was, and which way it moved the log-odds."""

    label: str
    value: str
    contribution: float

    @property
    def is_adverse(self) -> bool:
        return self.contribution > 0


@dataclass(frozen=True)
class ReasonGroup:
    reason_code: str
    text: str
    factors: tuple[Factor, ...]
    is_reason: bool

    @cached_property
    def contribution(self) -> float:
        return sum(factor.contribution for factor in self.factors)

    @property
    def is_adverse(self) -> bool:
        return self.contribution > 0


def reason_groups(explanation: Explanation, product: str) -> list[ReasonGroup]:
    """Every factor, under its reason; the heaviest reason first."""
    contract, features = load_contract(product), _features(product)
    rows: dict[str, list[Factor]] = defaultdict(list)
    for row in explanation.contributions:
        rows[row["reason_code"] or ""].append(_factor(contract, features.get(row["feature"]), row))
    groups = [_group(contract, code, factors) for code, factors in rows.items()]
    return sorted(groups, key=lambda group: -abs(group.contribution))


@dataclass(frozen=True)
class Way:
    """What would change the advice, in words, and to what."""

    changes: tuple[str, ...]
    probability_of_default: float
    recommendation: str


def ways_to_better_advice(explanation: Explanation, product: str) -> list[Way]:
    table = load_contract(product).application
    return [
        Way(
            changes=tuple(_change_text(table.column(change["column"]), change) for change in row["changes"]),
            probability_of_default=row["probability_of_default"],
            recommendation=row["recommendation"],
        )
        for row in explanation.counterfactuals
        if all(change["column"] in table.by_name for change in row["changes"])
    ]


def _change_text(column: Column, change: dict[str, Any]) -> str:
    return _("%(label)s: %(after)s instead of %(before)s") % {
        "label": label_of(column),
        "after": value_text(column, change["after"]),
        "before": value_text(column, change["before"]),
    }


def reason_text(reason: dict[str, Any]) -> str:
    """The words of a reason on record, in the language of the page."""
    words = reason["text"]
    return str(words["fr" if formatting.french() else "en"])


def _features(product: str) -> dict[str, Feature]:
    """The words of features; a model older than the specification shows its feature's name instead."""
    try:
        specification: Specification = load_specification(product)
    except MlError:
        return {}
    return {feature.name: feature for feature in specification.features}


def _group(contract: Contract, code: str, factors: list[Factor]) -> ReasonGroup:
    adverse = sum(factor.contribution for factor in factors) > 0
    words = contract.reasons.get(code)
    if words is None:
        return ReasonGroup(code, _("Factors that are never given as a reason"), tuple(factors), is_reason=False)
    texts = (words.text_fr, words.favourable_fr) if formatting.french() else (words.text_en, words.favourable_en)
    return ReasonGroup(code, texts[0] if adverse else texts[1], tuple(factors), is_reason=True)


def _factor(contract: Contract, feature: Feature | None, row: dict[str, Any]) -> Factor:
    label = label_of(feature) if feature else str(row["feature"]).replace("_", " ").lower()
    return Factor(label, _value_text(contract, feature, row), row["contribution"])


def _value_text(contract: Contract, feature: Feature | None, row: dict[str, Any]) -> str:
    """An answer in a list is read from the record itself; today's list may have another order."""
    if row.get("category") and feature is not None and feature.op == "column":
        return category_of(contract.application.column(feature.inputs[0]), row["category"])
    return feature_text(contract, feature, row["value"])


def feature_text(contract: Contract, feature: Feature | None, value: float | None) -> str:
    """The float32 the model read, as the answer it stands for."""
    if value is None or formatting.is_missing(value):
        return _missing_text(feature)
    if feature is None:
        return formatting.short_number(value)
    if feature.op == "column":
        return _column_text(contract.application.column(feature.inputs[0]), feature, value)
    return _coded(contract, feature, value) or measure(value, feature.unit, _unit_label(contract, feature.unit))


def _missing_text(feature: Feature | None) -> str:
    """Nobody was asked for a history: a first-time borrower has none."""
    return _("nothing on record") if feature is not None and feature.op == "aggregate" else formatting.missing()


def _column_text(column: Column, feature: Feature, value: float) -> str:
    if feature.dtype != "category":
        return value_text(column, round(value) if column.unit in MONEY else value)
    place = int(value)
    known = 0 <= place < len(feature.categories)
    return category_of(column, feature.categories[place]) if known else formatting.missing()


def codes_of(contract: Contract, feature: Feature) -> dict[int, str]:
    """The words of a number that is a code, least first; none for a measure.

    A derived feature in the unit of a code is read as the code: the greatest of six codes is one of them.
    """
    coded = (column for column in contract.application.columns if column.dtype == "int" and column.category_labels)
    column = next((column for column in coded if column.unit == feature.unit), None)
    if column is None:
        return {}
    return {code: coded_text(column, code) for code in sorted(int(value) for value in column.category_labels)}


def _coded(contract: Contract, feature: Feature, value: float) -> str:
    return codes_of(contract, feature).get(int(value), "") if float(value).is_integer() else ""


def _unit_label(contract: Contract, unit: str) -> str:
    """A derived feature borrows the words of its unit from a column of any table that has the same."""
    columns = (column for table in contract.tables.values() for column in table.columns)
    column = next((column for column in columns if column.unit == unit), None)
    return unit_of(column) if column else ""
