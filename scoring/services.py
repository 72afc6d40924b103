"""Scoring one file version and keeping the registry of models; each act in one transaction with its ledger event."""

from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from applications.enums import Status
from applications.models import Application, CreditFile
from applications.selectors import document
from applications.services import SCORE_JOB, application_move, lock
from common import jobs, ledger
from common.actors import Actor
from common.errors import Conflict, InvalidInput
from ml.model import ScoringModel
from scoring import registry
from scoring.assessment import assess
from scoring.enums import ModelState
from scoring.models import ModelVersion, Policy, Score
from scoring.selectors import current_score

EXPLAIN_JOB = "explain_score"


@transaction.atomic
def score_create(*, application: Application, actor: Actor, credit_file: CreditFile | None = None) -> Score:
    """Score the latest file version (or, from a job, the given one) and ask for its explanation.

    The current score is given again while file, model and policy are the same. After a champion's return the
    case gets a new score, so that the newest is always the one to decide on.
    """
    application = lock(application)
    latest = application.latest_file
    if latest is None:
        raise InvalidInput(_("This application has no credit file to score."), code="file_missing")
    if credit_file is not None and credit_file.pk != latest.pk:
        raise Conflict(_("A newer version of the file arrived."), code="file_is_stale")
    version = registry.champion_of(application.product)
    policy = policy_in_force(application.product)
    newest = current_score(application)
    if newest is not None and (newest.model_version_id, newest.policy_id) == (version.id, policy.id):
        return newest
    return _score_write(application, latest, version, policy, actor)


def policy_in_force(product: str) -> Policy:
    policy = Policy.objects.filter(product=product).order_by("-version").first()
    return policy or Policy.objects.get_or_create(product=product, version=1)[0]


@transaction.atomic
def model_version_register(*, path: Path, actor: Actor, promote: bool = False) -> ModelVersion:
    """Verify a bundle in the bundle folder and make it known; ``promote`` puts it in service, whoever served."""
    folder = Path(settings.BUNDLE_DIR)
    if path.resolve().parent != folder.resolve():
        raise InvalidInput(_("Put the bundle into the bundle folder first: %(folder)s.") % {"folder": folder})
    model = registry.read_bundle_folder(path)
    row, created = ModelVersion.objects.get_or_create(
        version=model.version,
        defaults={
            "product": model.contract.product,
            "checksum": model.checksum,
            "manifest": model.manifest,
        },
    )
    if row.checksum != model.checksum:
        raise Conflict(_("Another bundle is registered under this version."), code="bundle_tampered")
    if created:
        ledger.record(
            action="model.registered", subject=row, actor=actor, facts={"version": row.version, "sha256": row.checksum}
        )
    if promote and row.state != ModelState.CHAMPION:
        model_version_promote(version=row, actor=actor)
    return row


@transaction.atomic
def model_version_promote(*, version: ModelVersion, actor: Actor) -> None:
    current = ModelVersion.objects.select_for_update().filter(product=version.product, state=ModelState.CHAMPION)
    for row in current:
        row.state = ModelState.RETIRED
        row.save(update_fields=["state"])
        ledger.record(action="model.retired", subject=row, actor=actor, facts={"for": version.version})
    version.state, version.promoted_at = ModelState.CHAMPION, timezone.now()
    version.save(update_fields=["state", "promoted_at"])
    ledger.record(action="model.promoted", subject=version, actor=actor, facts={"version": version.version})
    jobs.revive(kind=SCORE_JOB)


def feature_vector(score: Score, model: ScoringModel) -> np.ndarray[Any, Any]:
    """The stored features in the model's order, as the float32 row that was scored."""
    values = [score.features[name] for name in model.feature_names]
    row = [np.nan if value is None else value for value in values]
    return np.asarray([row], dtype=np.float32)


def _score_write(
    application: Application, credit_file: CreditFile, version: ModelVersion, policy: Policy, actor: Actor
) -> Score:
    model = registry.load(version)
    found = assess(model, policy.terms(model.cutoff), document(credit_file), application.amount)
    score = Score.objects.create(
        application=application,
        credit_file=credit_file,
        model_version=version,
        bundle_checksum=model.checksum,
        policy=policy,
        features=named(model, found.matrix),
        raw_margin=found.raw_margin,
        probability_of_default=found.probability_of_default,
        score_points=found.score_points,
        risk_grade=found.risk_grade,
        cutoff=found.cutoff,
        recommendation=found.advice.recommendation,
        policy_findings=[finding.value for finding in found.advice.findings],
        actor_kind=actor.kind,
        actor_id=actor.id,
    )
    _announce(application, score, actor)
    return score


def _announce(application: Application, score: Score, actor: Actor) -> None:
    facts = {
        "score": str(score.id),
        "file_sha256": score.credit_file.sha256,
        "model": score.model_version.version,
        "bundle_sha256": score.bundle_checksum,
        "policy": score.policy.version,
    }
    application_move(application=application, to=Status.SCORED, actor=actor, facts=facts)
    jobs.enqueue(kind=EXPLAIN_JOB, key=str(score.id), payload={"score": str(score.id)})


def named(model: ScoringModel, matrix: np.ndarray[Any, Any]) -> dict[str, float | None]:
    return {
        name: None if np.isnan(value) else float(value)
        for name, value in zip(model.feature_names, matrix[0], strict=True)
    }
