from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from applications.serializers import ProductField
from common.serializers import SparseMixin, StrictSerializer
from scoring.batches.models import Batch
from scoring.enums import BatchState


class FormFlag(serializers.ChoiceField):
    """A form carries texts only: ``true`` or ``false``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=["true", "false"], **options)


class BatchInput(StrictSerializer):
    file = serializers.FileField(
        allow_empty_file=True, help_text="CSV, CSV.gz or Parquet with the columns of the product's application table."
    )
    product = ProductField(max_length=40)
    reasons = FormFlag(required=False, default="false", help_text="Also compute principal reasons: much slower.")

    def validate_product(self, value: str) -> str:
        if not value.isprintable():
            raise serializers.ValidationError(_("A text is needed."), code="wrong_type")
        return value


class BatchRecord(SparseMixin, serializers.ModelSerializer[Batch]):
    state = serializers.ChoiceField(choices=BatchState.choices)
    reasons = serializers.BooleanField(source="with_reasons")
    progress = serializers.IntegerField(help_text="Per cent of the rows that have their answer.")
    model_version = serializers.CharField(source="model_version.version")
    policy_version = serializers.IntegerField(source="policy.version")
    file_sha256 = serializers.CharField(source="sha256")

    class Meta:
        model = Batch
        fields = [
            "id",
            "state",
            "progress",
            "product",
            "reasons",
            "rows_read",
            "rows_scored",
            "rows_refused",
            "model_version",
            "policy_version",
            "file_sha256",
            "error_code",
            "error",
            "created_at",
            "finished_at",
            "keep_until",
        ]
