"""The case to compare, and the people whose request was granted."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import FloatField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from applications.models import Application
from applications.selectors import application_get, applications_visible_to
from decisions.enums import Outcome
from decisions.models import Decision
from explanations.comparison import Crowd
from explanations.reference import reference_crowds
from ml.model import ScoringModel
from scoring.models import Score
from scoring.selectors import current_score

# The newest decisions that are read: enough for shares to about 3 %, and quick.
MOST_GRANTED = 1_000
GROUPS = {
    "all": _("All applicants"),
    "similar": _("Similar applicants"),
    "granted": _("Granted applicants"),
    "approvable": _("Applicants under the cutoff"),
}


@dataclass(frozen=True)
class ComparedCase:
    application: Application
    score: Score | None


def compared_case(*, user: User, application_id: uuid.UUID) -> ComparedCase:
    application = application_get(rows=applications_visible_to(user), application_id=application_id)
    return ComparedCase(application, current_score(application))


def crowds_of(score: Score, application: Application, model: ScoringModel, names: list[str]) -> Mapping[str, Crowd]:
    """Each group that the features allow for, in the order of ``GROUPS``; small ones are for the page to leave out."""
    reference = reference_crowds(model, score.features, names, score.cutoff)
    found = {
        "all": reference.everybody,
        "similar": reference.similar,
        "granted": granted_crowd(score, application, names),
        "approvable": reference.approvable,
    }
    return {group: crowd for group, crowd in found.items() if crowd is not None}


def granted_crowd(score: Score, application: Application, names: list[str]) -> Crowd:
    """Whom the bank granted what they asked for, as the same model read them; never the applicant, nor who was erased.

    The values alone leave the database: no name, no reference, no branch.
    """
    values = [Cast(KeyTextTransform(name, "score__features"), FloatField()) for name in names]
    rows = Decision.objects.filter(
        outcome=Outcome.APPROVE,
        score__model_version=score.model_version_id,
        application__applicant__erased_at__isnull=True,
    ).exclude(application__applicant=application.applicant_id)
    newest = rows.order_by("-id").values_list("application__applicant", *values)[:MOST_GRANTED]
    people = {row[0]: row[1:] for row in reversed(list(newest))}
    table = np.array(list(people.values()), dtype=np.float64).reshape(len(people), len(names))
    return Crowd(len(people), {name: table[:, place] for place, name in enumerate(names)})


def value_of(score: Score, name: str) -> float | None:
    value: Any = score.features.get(name)
    return None if value is None else float(value)
