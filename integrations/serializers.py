from typing import Any

from rest_framework import serializers

from common.plain_names import plain_name
from common.serializers import ChoiceTextField, SparseMixin, StrictSerializer, TextField
from integrations.enums import DeliveryState, EndpointState, EventType
from integrations.models import WebhookDelivery, WebhookEndpoint

LONGEST_OVERLAP = 168


class WholeNumberField(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class WebhookInput(StrictSerializer):
    name = TextField(max_length=80, validators=[plain_name], help_text="Of the system that is told.")
    url = TextField(max_length=500, help_text="A public address over https.")
    events = serializers.ListField(
        child=ChoiceTextField(choices=EventType.choices),
        min_length=1,
        max_length=len(EventType),
        help_text="What it is told of, in the key's branch.",
    )


class RotateInput(StrictSerializer):
    overlap_hours = WholeNumberField(
        min_value=0,
        max_value=LONGEST_OVERLAP,
        default=24,
        help_text="How long messages carry both signatures; 0 ends the old secret now.",
    )


class WebhookRecord(SparseMixin, serializers.ModelSerializer[WebhookEndpoint]):
    state = serializers.ChoiceField(choices=EndpointState.choices)
    events = serializers.ListField(child=serializers.ChoiceField(choices=EventType.choices))
    waiting = serializers.IntegerField(help_text="Deliveries that wait.")
    dead = serializers.IntegerField(help_text="Deliveries that were given up.")

    class Meta:
        model = WebhookEndpoint
        fields = [
            "id",
            "name",
            "url",
            "events",
            "state",
            "waiting",
            "dead",
            "created_at",
            "last_success_at",
            "failing_since",
            "previous_until",
        ]
        extra_kwargs = {"previous_until": {"help_text": "Until then the secret before this one signs too."}}


class WebhookWithSecret(WebhookRecord):
    secret = serializers.CharField(
        allow_null=True, help_text="In the first answer only; null when the same request is sent again."
    )

    class Meta(WebhookRecord.Meta):
        fields = [*WebhookRecord.Meta.fields, "secret"]


class DeliveryRecord(SparseMixin, serializers.ModelSerializer[WebhookDelivery]):
    message_id = serializers.CharField(help_text="The `webhook-id` that the receiver sees, the same every time.")
    type = serializers.ChoiceField(choices=EventType.choices)
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    status = serializers.IntegerField(allow_null=True, help_text="Of the receiver's last answer, if there was one.")
    error = serializers.CharField(help_text="Why the last attempt failed, as a code; empty when it was accepted.")
    next_try_at = serializers.DateTimeField(allow_null=True, help_text="While it waits.")

    class Meta:
        model = WebhookDelivery
        fields = [
            "id",
            "message_id",
            "type",
            "state",
            "attempts",
            "status",
            "error",
            "duration_ms",
            "created_at",
            "tried_at",
            "next_try_at",
        ]
