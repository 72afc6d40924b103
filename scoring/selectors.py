from decimal import Decimal
from typing import Any

from applications.models import Application, CreditFile
from scoring import registry
from scoring.assessment import Assessment, assess
from scoring.enums import ModelState
from scoring.models import ModelVersion, Score


def current_score(application: Application) -> Score | None:
    """The newest score of the newest file version, or None when that version is not scored yet."""
    latest = application.latest_file
    return None if latest is None else score_of(latest)


def score_of(credit_file: CreditFile) -> Score | None:
    """The newest score of one version of a file, with its reasons where they are there."""
    scores = Score.objects.select_related("credit_file", "model_version", "policy", "explanation")
    return scores.filter(credit_file=credit_file).order_by("-id").first()


def products_served() -> set[str]:
    """The products that have a champion."""
    return set(ModelVersion.objects.filter(state=ModelState.CHAMPION).values_list("product", flat=True))


def assess_changed(score: Score, file: dict[str, Any], row: dict[str, Any]) -> Assessment:
    """What the model and the policy of ``score`` say of the file with another row of the application."""
    model = registry.load(score.model_version)
    contract = model.contract
    amount = row.get(contract.amount_column)
    return assess(
        model,
        score.policy.terms(model.cutoff),
        {**file, contract.root_table: row},
        None if amount is None else Decimal(str(amount)),
    )
