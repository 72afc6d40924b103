"""Compute the explanation of one score with the very bundle that scored it."""

import uuid
from typing import Any

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _

from applications.enums import Status
from applications.models import Application
from applications.services import application_move, lock
from common import ledger
from common.actors import Actor
from common.canonical import sha256_of
from common.errors import PortalError
from explanations.counterfactuals import counterfactuals_of
from explanations.models import Explanation
from ml.contributions import Contributions
from ml.features import Feature
from ml.model import ScoringModel
from ml.reasons import principal_reasons, reason_codes
from scoring import registry
from scoring.models import Score
from scoring.selectors import current_score
from scoring.services import feature_vector

SUM_TOLERANCE = 1e-9
POPULATION_FEATURES = 12

Matrix = np.ndarray[Any, Any]


class ExplanationDisagrees(PortalError):
    status = 500
    code = "explanation_disagrees"


def explanation_create(*, score_id: uuid.UUID, actor: Actor) -> Explanation:
    """Idempotent: a score has one explanation. The case becomes ready to decide if this is still its current score."""
    score = Score.objects.select_related(
        "application__applicant__subject_key", "model_version", "policy", "credit_file"
    ).get(id=score_id)
    known: Explanation | None = Explanation.objects.filter(score=score).first()
    if known is not None:
        return known
    model = registry.load(score.model_version)
    matrix = feature_vector(score, model)
    content = _content(score, model, matrix, model.contributions(matrix))
    with transaction.atomic():
        application = lock(score.application)
        explanation, created = Explanation.objects.get_or_create(score=score, defaults=content)
        if created:
            _announce(explanation, application, actor)
    return explanation


def _content(score: Score, model: ScoringModel, matrix: Matrix, found: Contributions) -> dict[str, Any]:
    total = found.base_value + float(found.values[0].sum())
    if abs(total - score.raw_margin) > SUM_TOLERANCE * max(1.0, abs(score.raw_margin)):
        raise ExplanationDisagrees(_("The contributions do not add up to the score: it cannot be explained."))
    return {
        "bundle_checksum": model.checksum,
        "base_value": found.base_value,
        "contributions": contribution_rows(model, matrix, found),
        "principal_reasons": reasons_of(model, matrix, found),
        "population": _population(model, matrix, found),
        "counterfactuals": counterfactuals_of(score, model),
    }


def contribution_rows(model: ScoringModel, matrix: Matrix, found: Contributions) -> list[dict[str, Any]]:
    """Every feature, the strongest first."""
    values = found.values[0]
    features = model.specification.features
    codes = reason_codes(model.specification, matrix[0])
    return [
        {
            "feature": features[index].name,
            "value": _plain(matrix[0, index]),
            "category": _category(features[index], matrix[0, index]),
            "contribution": float(values[index]),
            "reason_code": codes[index],
        }
        for index in np.argsort(-np.abs(values), kind="stable")
    ]


def reasons_of(model: ScoringModel, matrix: Matrix, found: Contributions) -> list[dict[str, Any]]:
    """With their words in both languages as they are today, because a record keeps what was said."""
    reasons = []
    for reason in principal_reasons(found.values[0], model.specification, matrix[0]):
        words = model.contract.reasons[reason.reason_code]
        reasons.append(
            {
                "reason_code": reason.reason_code,
                "text": {"en": words.text_en, "fr": words.text_fr},
                "contribution": reason.contribution,
                "features": list(reason.features),
            }
        )
    return reasons


def _population(model: ScoringModel, matrix: Matrix, found: Contributions) -> list[dict[str, Any]]:
    """The applicant's place among the reference applicants, for the features that weigh most."""
    strongest = np.argsort(-np.abs(found.values[0]), kind="stable")[:POPULATION_FEATURES]
    return [
        {
            "feature": model.feature_names[index],
            "value": _plain(matrix[0, index]),
            "share_below": model.population.share_below(model.feature_names[index], float(matrix[0, index])),
        }
        for index in strongest
        if not np.isnan(matrix[0, index])
    ]


def _announce(explanation: Explanation, application: Application, actor: Actor) -> None:
    ledger.record(
        action="explanation.recorded",
        subject=explanation,
        actor=actor,
        facts={
            "score": str(explanation.score_id),
            "bundle_sha256": explanation.bundle_checksum,
            "contributions_sha256": sha256_of(explanation.contributions),
        },
    )
    current = current_score(application)
    if current is not None and current.id == explanation.score_id and application.status == Status.SCORED:
        application_move(application=application, to=Status.EXPLAINED, actor=actor)


def _category(feature: Feature, value: Any) -> str | None:
    """The answer itself beside its code, so that the record needs no code list to be read."""
    known = feature.dtype == "category" and not np.isnan(value)
    return feature.categories[int(value)] if known else None


def _plain(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
