"""The shapes of the REST interface for scores and models."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.models import Job, JobState
from common.serializers import SparseMixin, StrictSerializer
from scoring import registry
from scoring.enums import Finding, ModelState, Recommendation
from scoring.models import ModelVersion, Score
from scoring.services import EXPLAIN_JOB

EXPLANATION_STATES = ("pending", "ready", "failed")
SHOWN_AS = {JobState.DONE: "ready", JobState.FAILED: "failed"}


class NoInput(StrictSerializer):
    """The call takes nothing: an empty body or an empty object."""


class FindingRecord(serializers.Serializer[Any]):
    code = serializers.ChoiceField(choices=Finding.choices)
    text = serializers.CharField()


class ExplanationLink(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=EXPLANATION_STATES)
    url = serializers.CharField()


class ScoreRecord(serializers.ModelSerializer[Score]):
    application = serializers.UUIDField(source="application_id")
    recommendation = serializers.ChoiceField(choices=Recommendation.choices)
    policy_findings = serializers.SerializerMethodField()
    model_version = serializers.CharField(source="model_version.version")
    policy_version = serializers.IntegerField(source="policy.version")
    file_version = serializers.IntegerField(source="credit_file.version")
    explanation = serializers.SerializerMethodField()

    class Meta:
        model = Score
        fields = [
            "id",
            "application",
            "probability_of_default",
            "score_points",
            "risk_grade",
            "cutoff",
            "recommendation",
            "policy_findings",
            "model_version",
            "policy_version",
            "file_version",
            "created_at",
            "explanation",
        ]
        extra_kwargs = {"probability_of_default": {"help_text": "Calibrated; over the product's horizon."}}

    @extend_schema_field(FindingRecord(many=True))
    def get_policy_findings(self, score: Score) -> list[dict[str, str]]:
        return [{"code": code, "text": str(Finding(code).label)} for code in score.policy_findings]

    @extend_schema_field(ExplanationLink)
    def get_explanation(self, score: Score) -> dict[str, str]:
        job = Job.objects.filter(kind=EXPLAIN_JOB, key=str(score.id)).first()
        status = SHOWN_AS.get(JobState(job.state), "pending") if job else "pending"
        return {"status": status, "url": reverse("api:score-explanation", kwargs={"score_id": score.id})}


class ModelSummary(SparseMixin, serializers.ModelSerializer[ModelVersion]):
    state = serializers.ChoiceField(choices=ModelState.choices)

    class Meta:
        model = ModelVersion
        fields = ["version", "product", "state", "checksum", "registered_at", "promoted_at"]


class ModelRecord(ModelSummary):
    manifest = serializers.DictField(
        help_text="As signed: features, calibration, cutoff and costs, training data, metrics."
    )
    card = serializers.SerializerMethodField(help_text="The model card, in Markdown, from the verified bundle.")

    class Meta(ModelSummary.Meta):
        fields = [*ModelSummary.Meta.fields, "manifest", "card"]

    def get_card(self, version: ModelVersion) -> str:
        return registry.load(version).card
