"""Reads over explanations, and how far one that is not there yet is."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from accounts.models import ApiKey
from common.errors import NotFound, Unavailable
from common.models import Job, JobState
from explanations.models import Explanation
from scoring import registry
from scoring.models import Score
from scoring.services import EXPLAIN_JOB

EXPLANATION_STATES = ("pending", "ready", "failed")


@dataclass(frozen=True)
class ExplanationState:
    """``job`` tells why, while there is no explanation."""

    status: Literal["pending", "ready", "failed"]
    explanation: Explanation | None
    job: Job | None


def score_of_key(*, key: ApiKey, score_id: uuid.UUID) -> Score:
    rows = Score.objects.select_related("model_version", "application").filter(application__branch_id=key.branch_id)
    score: Score | None = rows.filter(id=score_id).first()
    if score is None:
        raise NotFound(_("No such score."))
    return score


def explanation_state(score: Score) -> ExplanationState:
    explanation = Explanation.objects.filter(score=score).first()
    if explanation is not None:
        return ExplanationState("ready", explanation, None)
    job = Job.objects.filter(kind=EXPLAIN_JOB, key=str(score.id)).first()
    failed = job is not None and job.state == JobState.FAILED
    return ExplanationState("failed" if failed else "pending", None, job)


def usual_weights(score: Score) -> Mapping[str, float]:
    """How much each reason weighs on average with the score's model, in log-odds; nothing where its bundle is gone."""
    try:
        return registry.load(score.model_version).reason_importance
    except Unavailable:
        return {}


def feature_labels(score: Score, language: str) -> dict[str, str]:
    """What people call each feature. The record outlives the bundle that holds the words: without it there are none."""
    try:
        features = registry.load(score.model_version).specification.features
    except Unavailable:
        return {}
    return {feature.name: feature.label_fr if language == "fr" else feature.label_en for feature in features}
