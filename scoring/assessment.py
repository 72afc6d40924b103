"""What model and policy say of one file: the same for a score that is recorded and for a question of "what if"."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from ml.affordability import Affordability, affordability_of
from ml.model import Prediction, ScoringModel
from ml.scorecard import risk_grade, score_points
from scoring.policy import Advice, CaseFacts, PolicyTerms, advise


@dataclass(frozen=True)
class Assessment:
    """``matrix``: the features as the model read them, float32 of shape (1, features)."""

    matrix: np.ndarray[Any, Any]
    raw_margin: float
    probability_of_default: float
    score_points: int
    risk_grade: str
    cutoff: float
    advice: Advice
    affordability: Affordability | None

    @property
    def is_over_cutoff(self) -> bool:
        return self.probability_of_default > self.cutoff


def assess(model: ScoringModel, terms: PolicyTerms, file: dict[str, Any], amount: Decimal | None) -> Assessment:
    matrix = model.features(file)
    return _assessed(model, terms, file, amount, matrix, model.predict(matrix), 0)


def assess_rows(
    model: ScoringModel, terms: PolicyTerms, files: Sequence[dict[str, Any]], amounts: Sequence[Decimal | None]
) -> list[Assessment]:
    """As :func:`assess` of each file, where no file has child rows."""
    if not files:
        return []
    root = model.contract.root_table
    matrix = model.features_of({}, [file[root] for file in files])
    prediction = model.predict(matrix)
    return [
        _assessed(model, terms, file, amount, matrix[place : place + 1], prediction, place)
        for place, (file, amount) in enumerate(zip(files, amounts, strict=True))
    ]


def _assessed(
    model: ScoringModel,
    terms: PolicyTerms,
    file: dict[str, Any],
    amount: Decimal | None,
    matrix: np.ndarray[Any, Any],
    prediction: Prediction,
    place: int,
) -> Assessment:
    probability = float(prediction.probability_of_default[place])
    means = affordability_of(model.contract.product, file)
    facts = CaseFacts(
        probability_of_default=probability,
        amount=amount,
        missing_share=1.0 if model.lacks_history(file) else model.missing_share(matrix),
        out_of_range=model.out_of_range(matrix),
        unseen=len(model.unseen(file)),
        debt_to_income=means.debt_to_income if means else None,
        left=means.left if means else None,
    )
    return Assessment(
        matrix=matrix,
        raw_margin=float(prediction.raw_margin[place]),
        probability_of_default=probability,
        score_points=score_points(probability, model.scaling),
        risk_grade=risk_grade(probability, model.scaling),
        cutoff=terms.cutoff,
        advice=advise(facts, terms),
        affordability=means,
    )
