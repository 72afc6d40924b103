"""Other values for the inputs that matter in a case, and what model and policy would say of them. Nothing is kept."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from applications import wording as file_wording
from applications.forms import CreditFileForm, is_dated
from applications.models import Application
from common import formatting
from explanations.models import Explanation
from ml.contract import Column, Contract
from ml.errors import Problem
from ml.levers import load_levers
from ml.model import ScoringModel
from ml.reasons import principal_reasons
from ml.validation import validate_file
from scoring import registry
from scoring.assessment import Assessment
from scoring.models import Score
from scoring.selectors import assess_changed

INPUTS = 12
STRONGEST = 16


class WhatIfForm(CreditFileForm):
    """The inputs that weigh most in this case and those that can be moved, with the values of the file."""

    def __init__(self, contract: Contract, row: dict[str, Any], names: list[str], day: date, *args: Any) -> None:
        self.row, self.day = row, day
        super().__init__(contract, *args, only=names)
        for name, column in self.columns.items():
            self.fields[name].required = False
            self.fields[name].initial = self._shown(column, row.get(name))

    @property
    def changed(self) -> list[tuple[str, str, str]]:
        """What was typed otherwise, as label, before and after; the same words as the file's own page."""
        after = self.changed_row()
        columns = [self.columns[name] for name in self.changed_data]
        return [
            (
                file_wording.label_of(column),
                file_wording.value_text(column, self.row.get(column.name)),
                file_wording.value_text(column, after.get(column.name)),
            )
            for column in columns
            if self.row.get(column.name) != after.get(column.name)
        ]

    def changed_row(self) -> dict[str, Any]:
        """The file's row with what was typed otherwise."""
        changed = {self._column_of(name).name for name in self.changed_data}
        values = {name: self._value(self.columns[name]) for name in changed}
        row = {**self.row, **values}
        return {name: value for name, value in row.items() if value is not None}

    def days(self, value: date) -> int:
        return file_wording.days_until(value, self.day)

    def _shown(self, column: Column, value: Any) -> Any:
        if value is None or value in column.sentinel_set:
            return None
        if is_dated(column):
            return file_wording.date_of(int(value), self.day)
        is_coded = column.dtype == "flag" or (column.dtype == "int" and column.category_labels)
        if is_coded:
            return str(int(value))
        return int(value) if isinstance(value, float) and value.is_integer() else value


@dataclass(frozen=True)
class Answer:
    """``reasons``: at most four, as reason codes of the model, the strongest first."""

    assessment: Assessment
    reasons: list[str]
    change: float


def inputs_of(explanation: Explanation, model: ScoringModel) -> list[str]:
    """The columns one can ask about: those that can be moved, then those behind what weighs most."""
    table = model.contract.application
    names = [lever.column for lever in load_levers(model.contract.product)]
    features = {feature.name: feature for feature in model.specification.features}
    for row in explanation.contributions[:STRONGEST]:
        names += features[row["feature"]].inputs if row["feature"] in features else ()
    allowed = [name for name in dict.fromkeys(names) if name in table.by_name and table.column(name).reason_allowed]
    return allowed[:INPUTS]


def day_of(application: Application) -> date:
    return timezone.localdate(application.submitted_at) if application.submitted_at else timezone.localdate()


def answer(score: Score, file: dict[str, Any], row: dict[str, Any]) -> Answer:
    """Assess the changed row with the model and the policy of the score on the page."""
    model = registry.load(score.model_version)
    contract = model.contract
    found = assess_changed(score, file, row)
    contributions = model.contributions(found.matrix).values[0]
    reasons = principal_reasons(contributions, model.specification, found.matrix[0])
    return Answer(
        assessment=found,
        reasons=[_reason_text(contract, reason.reason_code) for reason in reasons],
        change=found.probability_of_default - score.probability_of_default,
    )


def _reason_text(contract: Contract, code: str) -> str:
    words = contract.reasons[code]
    return words.text_fr if formatting.french() else words.text_en


def problems_of(contract: Contract, file: dict[str, Any], row: dict[str, Any]) -> list[Problem]:
    return validate_file(contract, {**file, contract.root_table: row})
