from typing import Any

import factory

from applications.enums import Status
from applications.models import Application
from explanations.models import Explanation
from tests.factories.applications import ApplicationFactory
from tests.factories.scoring import ScoreFactory

REASONS = [
    {
        "reason_code": code,
        "text": {"en": english, "fr": french},
        "contribution": contribution,
        "features": [feature],
    }
    for code, english, french, contribution, feature in [
        ("external_score", "Low external score", "Score externe faible", 0.6, "EXT_SOURCE_2"),
        ("request_amount", "High amount asked for", "Montant demandé élevé", 0.2, "AMT_CREDIT"),
    ]
]


class ExplanationFactory(factory.django.DjangoModelFactory):
    """The case moves to ready to decide."""

    class Meta:
        model = Explanation

    score = factory.SubFactory(ScoreFactory, application=factory.SubFactory(ApplicationFactory))
    bundle_checksum = "c" * 64
    base_value = -0.3
    contributions = factory.LazyFunction(
        lambda: [
            {"feature": "EXT_SOURCE_2", "value": 0.61, "contribution": 0.6, "reason_code": "external_score"},
            {"feature": "AMT_CREDIT", "value": None, "contribution": 0.2, "reason_code": "request_amount"},
        ]
    )
    principal_reasons = factory.LazyFunction(lambda: REASONS)
    population = factory.LazyFunction(lambda: [{"feature": "EXT_SOURCE_2", "value": 0.61, "share_below": 0.8}])

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Explanation:
        explanation = super()._create(model_class, *args, **kwargs)
        Application.objects.filter(id=explanation.score.application_id).update(status=Status.EXPLAINED)
        return explanation
