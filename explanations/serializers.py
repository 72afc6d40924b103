"""The shape of the REST interface for explanations."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from explanations.selectors import EXPLANATION_STATES, ExplanationState
from ml.contract import load_contract
from scoring.enums import Recommendation
from scoring.models import Score


class ContributionRecord(serializers.Serializer[Any]):
    feature = serializers.CharField()
    label = serializers.CharField()
    value = serializers.FloatField(allow_null=True, help_text="As the model read it; null where missing.")
    contribution = serializers.FloatField(help_text="Log-odds before calibration; positive raises the probability.")
    reason_code = serializers.CharField(allow_null=True)


class PrincipalReason(serializers.Serializer[Any]):
    reason_code = serializers.CharField()
    text = serializers.CharField()


class PopulationPlace(serializers.Serializer[Any]):
    feature = serializers.CharField()
    label = serializers.CharField()
    value = serializers.FloatField()
    share_below = serializers.FloatField(
        allow_null=True, help_text="Share of the reference applicants with a lower value, 0 to 1; null where unordered."
    )


class ChangeRecord(serializers.Serializer[Any]):
    column = serializers.CharField()
    label = serializers.CharField()
    before = serializers.FloatField()
    after = serializers.FloatField()


class CounterfactualRecord(serializers.Serializer[Any]):
    changes = ChangeRecord(many=True)
    probability_of_default = serializers.FloatField()
    recommendation = serializers.ChoiceField(choices=Recommendation.choices)


class FailureRecord(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class ExplanationRecord(serializers.Serializer[Any]):
    """While `status` is not `ready`, everything that an explanation holds is null."""

    status = serializers.ChoiceField(choices=EXPLANATION_STATES)
    score = serializers.UUIDField()
    failure = FailureRecord(allow_null=True, help_text="Why it failed; null otherwise.")
    base_value = serializers.FloatField(allow_null=True, help_text="Log-odds of the average applicant.")
    raw_margin = serializers.FloatField(
        help_text="Log-odds of this one before calibration: the base value plus all contributions."
    )
    contributions = ContributionRecord(many=True, allow_null=True)
    principal_reasons = PrincipalReason(many=True, allow_null=True)
    population = PopulationPlace(many=True, allow_null=True)
    counterfactuals = CounterfactualRecord(
        many=True,
        allow_null=True,
        help_text="At most three: to an advice to approve; to `refer`, where only that is found for a decline.",
    )


def explanation_body(score: Score, state: ExplanationState, labels: Mapping[str, str], language: str) -> dict[str, Any]:
    body: dict[str, Any] = dict.fromkeys(ExplanationRecord().fields)
    body |= {"status": state.status, "score": str(score.id), "raw_margin": score.raw_margin}
    if state.status == "failed" and state.job is not None:
        body["failure"] = {"code": state.job.error_code, "detail": state.job.error}
    if state.explanation is None:
        return body
    return body | {
        "base_value": state.explanation.base_value,
        "contributions": [_labelled(row, labels) for row in state.explanation.contributions],
        "principal_reasons": [
            {"reason_code": reason["reason_code"], "text": reason["text"][language]}
            for reason in state.explanation.principal_reasons
        ],
        "population": [_labelled(row, labels) for row in state.explanation.population],
        "counterfactuals": [_named(row, score, language) for row in state.explanation.counterfactuals],
    }


def _named(row: dict[str, Any], score: Score, language: str) -> dict[str, Any]:
    columns = load_contract(score.model_version.product).application.by_name
    labels = {name: column.label_fr if language == "fr" else column.label_en for name, column in columns.items()}
    changes = [
        {"column": change["column"], "label": labels.get(change["column"], "")} | change for change in row["changes"]
    ]
    return row | {"changes": changes}


def _labelled(row: dict[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    name = row["feature"]
    return {"feature": name, "label": labels.get(name, name)} | row
