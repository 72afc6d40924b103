"""The shapes of the REST interface for outcomes."""

from typing import Any

from rest_framework import serializers

from common.serializers import DayField, FlagField, StrictSerializer, TextField
from monitoring.enums import OutcomeAnswer
from monitoring.models import Outcome

MOST_ROWS = 1000


class OutcomeRow(StrictSerializer):
    external_id = TextField(max_length=100, help_text="Your own name for the application.")
    is_default = FlagField(help_text="Whether the credit defaulted, in the sense of the product's contract.")
    observed_on = DayField(help_text="The day up to which the credit was watched.")
    correction = FlagField(default=False, help_text="This row replaces the outcome on record.")


class OutcomeRows(serializers.ListSerializer[Any]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, child=OutcomeRow(), allow_empty=False, max_length=MOST_ROWS, **kwargs)


class OutcomeReply(serializers.Serializer[Any]):
    external_id = serializers.CharField()
    status = serializers.ChoiceField(choices=OutcomeAnswer.choices)
    detail = serializers.CharField(help_text="The status in words.")


class OutcomeRecord(serializers.ModelSerializer[Outcome]):
    class Meta:
        model = Outcome
        fields = ["id", "is_default", "observed_on", "created_at"]
