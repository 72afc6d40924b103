"""What would change the advice on one score: found by search, each way assessed by model and policy in full."""

from decimal import Decimal
from typing import Any

import numpy as np

from applications.selectors import document
from ml.counterfactuals import Counterfactual, search
from ml.levers import load_levers
from ml.model import ScoringModel
from scoring.assessment import assess
from scoring.enums import Recommendation
from scoring.models import Score


def counterfactuals_of(score: Score, model: ScoringModel) -> list[dict[str, Any]]:
    """The changes under which the machine would advise to approve; where there are none and it advises to decline,
    those under which it would leave the case to a person."""
    levers = load_levers(model.contract.product)
    if score.recommendation == Recommendation.APPROVE or not levers:
        return []
    file, contract, terms = document(score.credit_file), model.contract, score.policy.terms(model.cutoff)
    moving = sorted({name for lever in levers for name in (lever.column, *lever.along)})
    known: dict[tuple[Any, ...], Recommendation] = {}

    def predict(rows: Any) -> np.ndarray[Any, Any]:
        return model.predict(model.features_of(file, rows)).probability_of_default

    def advice_on(row: dict[str, Any]) -> Recommendation:
        """In full, which costs more than a prediction, and so once for each row."""
        place = tuple(row.get(name) for name in moving)
        if place not in known:
            amount = Decimal(str(row[contract.amount_column]))
            known[place] = assess(model, terms, {**file, contract.root_table: row}, amount).advice.recommendation
        return known[place]

    def ways_to(wanted: Recommendation) -> list[dict[str, Any]]:
        root = file[contract.root_table]
        found = search(root, levers, contract, predict=predict, accept=lambda row: advice_on(row) == wanted)
        return [_as_kept(way, wanted) for way in found]

    ways = ways_to(Recommendation.APPROVE)
    if ways or score.recommendation != Recommendation.DECLINE:
        return ways
    return ways_to(Recommendation.REFER)


def _as_kept(way: Counterfactual, advice: Recommendation) -> dict[str, Any]:
    return {
        "changes": [{"column": each.column, "before": each.before, "after": each.after} for each in way.changes],
        "probability_of_default": way.probability_of_default,
        "recommendation": advice.value,
    }
