"""The shapes of the REST interface for decisions."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common import formatting
from common.serializers import ChoiceTextField, IdField, SparseMixin, StrictSerializer, TextField
from decisions.enums import Direction, OfferReply, Outcome, OverrideReason, Stage
from decisions.models import CounterOffer, Decision, Override

LONGEST_NOTE = 4000


class DecisionInputBody(StrictSerializer):
    score = IdField(help_text="The score that was looked at; a stale one is refused.")
    outcome = ChoiceTextField(choices=Outcome.choices)
    reason_codes = serializers.ListField(
        child=TextField(max_length=60),
        max_length=20,
        default=list,
        help_text="For a decline with the advice: one to four of the principal reasons, in the order to be sent.",
    )
    override_reason = ChoiceTextField(
        choices=OverrideReason.choices, required=False, help_text="Against the advice: the officer's own reason."
    )
    offer = serializers.DictField(
        child=serializers.FloatField(min_value=0),
        required=False,
        help_text="For a counter-offer: what is offered otherwise, by column of the request; the product says which.",
    )
    note = TextField(
        max_length=LONGEST_NOTE, required=False, allow_blank=True, help_text="Against the advice: at least ten letters."
    )


class PersonRecord(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField(source="__str__")


class SentReason(serializers.Serializer[Any]):
    reason_code = serializers.CharField()
    text = serializers.CharField()


class OfferRecord(serializers.ModelSerializer[CounterOffer]):
    """Other terms than asked for, with what the model and policy of the score said of them."""

    reply = serializers.ChoiceField(choices=OfferReply.choices, source="answer.reply", default=None, allow_null=True)

    class Meta:
        model = CounterOffer
        fields = [
            "id",
            "terms",
            "changes",
            "probability_of_default",
            "cutoff",
            "recommendation",
            "policy_findings",
            "valid_until",
            "reply",
        ]


class DecisionRecord(SparseMixin, serializers.ModelSerializer[Decision]):
    application = serializers.UUIDField(source="application_id")
    external_id = serializers.CharField(source="application.external_id", allow_null=True)
    stage = serializers.ChoiceField(choices=Stage.choices)
    score = serializers.UUIDField(source="score_id")
    model_version = serializers.CharField(source="score.model_version.version")
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    reasons = serializers.SerializerMethodField()
    override_direction = serializers.ChoiceField(
        choices=Direction.choices, source="override.direction", default=None, allow_null=True
    )
    offer = OfferRecord(allow_null=True)
    decided_by = PersonRecord()
    confirmed_by = PersonRecord(allow_null=True)
    decided_at = serializers.DateTimeField(source="created_at")

    class Meta:
        model = Decision
        fields = [
            "id",
            "application",
            "external_id",
            "stage",
            "score",
            "model_version",
            "outcome",
            "reasons",
            "override_direction",
            "offer",
            "decided_by",
            "confirmed_by",
            "decided_at",
        ]

    @extend_schema_field(SentReason(many=True))
    def get_reasons(self, decision: Decision) -> list[dict[str, str]]:
        language = formatting.language()
        return [{"reason_code": row["reason_code"], "text": row["text"][language]} for row in decision.reasons]


class PendingOverride(serializers.ModelSerializer[Override]):
    """Not a decision yet: a second person confirms or refuses it in the portal."""

    status = serializers.CharField(help_text="Always pending_second_person.")
    application = serializers.UUIDField(source="application_id")
    score = serializers.UUIDField(source="score_id")
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    direction = serializers.ChoiceField(choices=Direction.choices)
    override_reason = serializers.ChoiceField(choices=OverrideReason.choices, source="reason")
    offer = OfferRecord(allow_null=True)
    proposed_by = PersonRecord()

    class Meta:
        model = Override
        fields = [
            "id",
            "status",
            "application",
            "score",
            "outcome",
            "direction",
            "override_reason",
            "offer",
            "proposed_by",
            "created_at",
        ]


class EvidenceContent(serializers.Serializer[Any]):
    format = serializers.CharField(help_text="credit-decision-evidence/1")
    issued_at = serializers.CharField()
    issued_to = serializers.DictField()
    parts = serializers.DictField(
        help_text="Which record is what: application, decision, score, credit_file and so on."
    )
    model = serializers.DictField()
    acts = serializers.ListField(child=serializers.DictField(), help_text="Every act on the case, in words.")
    records = serializers.ListField(
        child=serializers.DictField(), help_text="Every record with its place in the ledger."
    )
    blocks = serializers.ListField(child=serializers.DictField(), help_text="Each block with its signed checkpoint.")


class EvidenceRecord(serializers.Serializer[Any]):
    """The signature is over the canonical JSON of `content`: sorted keys, no spaces, UTF-8."""

    content = EvidenceContent()
    signature = serializers.CharField(help_text="Ed25519, in base64, with the ledger's key.")
