from typing import Any

import factory

from applications.enums import Status
from applications.models import Application
from scoring.enums import ModelState, Recommendation
from scoring.models import ModelVersion, Policy, Score


class ModelVersionFactory(factory.django.DjangoModelFactory):
    """A registry row without a bundle behind it."""

    class Meta:
        model = ModelVersion
        django_get_or_create = ("version",)

    version = "home_credit-20260101T000000Z-test"
    product = "home_credit"
    checksum = "c" * 64
    manifest = factory.LazyFunction(lambda: {"metrics": {"auc": 0.75}})
    state = ModelState.REGISTERED


class PolicyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Policy
        django_get_or_create = ("product", "version")

    product = "home_credit"
    version = 1


class ScoreFactory(factory.django.DjangoModelFactory):
    """A score of the newest file version; the case moves to scored."""

    class Meta:
        model = Score

    credit_file = factory.LazyAttribute(lambda score: score.application.latest_file)
    model_version = factory.SubFactory(ModelVersionFactory)
    policy = factory.SubFactory(PolicyFactory)
    bundle_checksum = "c" * 64
    features = factory.LazyFunction(lambda: {"AMT_CREDIT": 45000.0})
    raw_margin = 0.5
    probability_of_default = 0.3
    score_points = 520
    risk_grade = "D"
    cutoff = 0.1
    recommendation = Recommendation.DECLINE
    policy_findings = factory.LazyFunction(lambda: ["over_cutoff"])
    actor_kind = "system"

    class Params:
        approvable = factory.Trait(
            probability_of_default=0.02, recommendation=Recommendation.APPROVE, policy_findings=[], risk_grade="A"
        )

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Score:
        score = super()._create(model_class, *args, **kwargs)
        Application.objects.filter(id=score.application_id).update(status=Status.SCORED)
        return score
