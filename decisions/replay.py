"""Compute a score again with the bundle and the file it was made of, and compare to the last bit."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications.selectors import document
from common.crypto import DataUnreadable, PersonErased
from common.errors import Unavailable
from explanations.services import contribution_rows, reasons_of
from ml.model import ScoringModel
from ml.scorecard import risk_grade, score_points
from scoring import registry
from scoring.assessment import assess
from scoring.models import Score
from scoring.services import feature_vector, named

OFFERED = ("raw_margin", "probability_of_default", "cutoff", "recommendation", "policy_findings")
Matrix = np.ndarray[Any, Any]


class ReplayState(models.TextChoices):
    EQUAL = "equal", gettext_lazy("Equal to the last bit")
    DIFFERENT = "different", gettext_lazy("Different")
    IMPOSSIBLE = "impossible", gettext_lazy("Cannot be replayed")


@dataclass(frozen=True)
class Difference:
    """``difference`` is replayed minus stored where both are numbers, else None."""

    name: str
    stored: Any
    replayed: Any
    difference: float | None


@dataclass(frozen=True)
class Replay:
    """``notes`` say in words what could not be used, and why."""

    state: ReplayState
    differences: list[Difference]
    notes: list[str]


def replay(score: Score) -> Replay:
    """Everything the score and its explanation hold; an erased person's score is replayed from its stored features."""
    try:
        model = registry.load(score.model_version)
    except Unavailable as error:
        return Replay(ReplayState.IMPOSSIBLE, [], [str(error)])
    if model.checksum != score.bundle_checksum:
        why = _("The registered bundle is not the one that made this score: its checksum is another.")
        return Replay(
            ReplayState.IMPOSSIBLE, [Difference("bundle_checksum", score.bundle_checksum, model.checksum, None)], [why]
        )
    file, notes, differences = _file(score)
    matrix, found = _from_features(score, model) if file is None else _from_file(score, model, file)
    found |= _explained(score, model, matrix)
    differences += _compare("", _stored(score, found), json.loads(json.dumps(found)))
    if file is not None:
        differences += _offers(score, model, file)
    return Replay(ReplayState.DIFFERENT if differences else ReplayState.EQUAL, differences, notes)


def _file(score: Score) -> tuple[dict[str, Any] | None, list[str], list[Difference]]:
    """The file, or why there is none; an altered file is a difference, an erased one is not."""
    instead = _("Replayed from the stored features; recommendation and findings need the file and are not compared.")
    try:
        return document(score.credit_file), [], []
    except PersonErased as error:
        return None, [f"{error} {instead}"], []
    except DataUnreadable as error:
        return None, [f"{error} {instead}"], [Difference("credit_file", score.credit_file.sha256, None, None)]


def _from_file(score: Score, model: ScoringModel, file: dict[str, Any]) -> tuple[Matrix, dict[str, Any]]:
    amount = file[model.contract.root_table].get(model.contract.amount_column)
    terms = score.policy.terms(model.cutoff)
    found = assess(model, terms, file, None if amount is None else Decimal(str(amount)))
    return found.matrix, {
        "features": named(model, found.matrix),
        "raw_margin": found.raw_margin,
        "probability_of_default": found.probability_of_default,
        "score_points": found.score_points,
        "risk_grade": found.risk_grade,
        "cutoff": found.cutoff,
        "recommendation": str(found.advice.recommendation),
        "policy_findings": [finding.value for finding in found.advice.findings],
    }


def _from_features(score: Score, model: ScoringModel) -> tuple[Matrix, dict[str, Any]]:
    matrix = feature_vector(score, model)
    prediction = model.predict(matrix)
    probability = float(prediction.probability_of_default[0])
    return matrix, {
        "raw_margin": float(prediction.raw_margin[0]),
        "probability_of_default": probability,
        "score_points": score_points(probability, model.scaling),
        "risk_grade": risk_grade(probability, model.scaling),
        "cutoff": score.policy.terms(model.cutoff).cutoff,
    }


def _offers(score: Score, model: ScoringModel, file: dict[str, Any]) -> Iterator[Difference]:
    """Counter-offers made on this score: the same file with the offered terms."""
    for offer in score.offers.all():
        row = {**file[model.contract.root_table], **offer.changes}
        _matrix, found = _from_file(score, model, {**file, model.contract.root_table: row})
        again = {name: found[name] for name in OFFERED}
        yield from _compare(f"offer {offer.id}", {name: getattr(offer, name) for name in OFFERED}, again)


def _explained(score: Score, model: ScoringModel, matrix: Matrix) -> dict[str, Any]:
    if not hasattr(score, "explanation"):
        return {}
    found = model.contributions(matrix)
    return {
        "base_value": found.base_value,
        "contributions": contribution_rows(model, matrix, found),
        "principal_reasons": reasons_of(model, matrix, found),
    }


def _stored(score: Score, names: Mapping[str, Any]) -> dict[str, Any]:
    return {name: getattr(score if hasattr(score, name) else score.explanation, name) for name in names}


def _compare(name: str, stored: Any, replayed: Any) -> Iterator[Difference]:
    """Every value that is not the same, down to the last one inside."""
    if isinstance(stored, dict) and isinstance(replayed, dict):
        for key in sorted(stored.keys() | replayed.keys()):
            yield from _compare(f"{name}.{key}" if name else key, stored.get(key), replayed.get(key))
    elif isinstance(stored, list) and isinstance(replayed, list):
        longest = max(len(stored), len(replayed))
        for place in range(longest):
            left, right = (rows[place] if place < len(rows) else None for rows in (stored, replayed))
            yield from _compare(f"{name}[{place}]", left, right)
    elif stored != replayed:
        are_numbers = isinstance(stored, int | float) and isinstance(replayed, int | float)
        yield Difference(name, stored, replayed, replayed - stored if are_numbers else None)
