"""What would change the advice on one score: found by search, each way assessed by model and policy in full."""

from decimal import Decimal
from typing import Any

import numpy as np

from applications.selectors import document
from ml.counterfactuals import search
from ml.levers import load_levers
from ml.model import ScoringModel
from scoring.assessment import assess
from scoring.enums import Recommendation
from scoring.models import Score


def counterfactuals_of(score: Score, model: ScoringModel) -> list[dict[str, Any]]:
    """The changes under which the machine would advise to approve; none for what it approves already."""
    levers = load_levers(model.contract.product)
    if score.recommendation == Recommendation.APPROVE or not levers:
        return []
    file, contract, terms = document(score.credit_file), model.contract, score.policy.terms(model.cutoff)

    def with_row(row: dict[str, Any]) -> dict[str, Any]:
        return {**file, contract.root_table: row}

    def predict(rows: Any) -> np.ndarray[Any, Any]:
        return model.predict(model.features_of(file, rows)).probability_of_default

    def accept(row: dict[str, Any]) -> bool:
        amount = Decimal(str(row[contract.amount_column]))
        return assess(model, terms, with_row(row), amount).advice.recommendation == Recommendation.APPROVE

    found = search(file[contract.root_table], levers, contract, predict=predict, accept=accept)
    return [
        {
            "changes": [
                {"column": change.column, "before": change.before, "after": change.after}
                for change in counterfactual.changes
            ],
            "probability_of_default": counterfactual.probability_of_default,
            "recommendation": Recommendation.APPROVE.value,
        }
        for counterfactual in found
    ]
