"""The shapes of the REST interface for applications: what is taken, and what is given."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from applications.enums import Language, Source, Status
from applications.models import Application, CreditFile
from applications.selectors import email_of
from common.plain_names import plain_name
from common.serializers import (
    ChoiceTextField,
    DayField,
    EmailTextField,
    SparseMixin,
    StrictSerializer,
    TextField,
)
from ml.contract import available_products, load_contract


class CreditFileField(serializers.Field[Any, Any, Any, Any]):
    """Taken as it was sent, for its hash is of exactly this; the contract checks the content."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError(_("An object with the table “application” is needed."), code="wrong_type")
        return data


class CreditFileFieldSchema(OpenApiSerializerFieldExtension):
    target_class = CreditFileField

    def get_name(self) -> str:
        return "CreditFile"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        products = [load_contract(product).file_schema() for product in available_products()]
        return products[0] if len(products) == 1 else {"anyOf": products, "title": "Credit file of the product"}


class ApplicantInput(StrictSerializer):
    first_name = TextField(max_length=100, validators=[plain_name])
    last_name = TextField(max_length=100, validators=[plain_name])
    birth_date = DayField()
    email = EmailTextField(max_length=254, required=False, help_text="Stored encrypted.")
    language = ChoiceTextField(choices=Language.choices, help_text="The language of letters.")
    branch = TextField(max_length=20, required=False, help_text="The branch of the key, and the default.")


class FileInput(StrictSerializer):
    file = CreditFileField(help_text="The raw rows, under the product's column names.")


class ProductField(TextField):
    """Refused by the service, with the products there are; the document names them."""


class ProductFieldSchema(OpenApiSerializerFieldExtension):
    target_class = ProductField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "string", "enum": list(available_products())}


class ApplicationInput(FileInput):
    external_id = TextField(max_length=100, help_text="Your own name for the application; unique.")
    product = ProductField(max_length=40)
    applicant = ApplicantInput()


class Submitted(serializers.ModelSerializer[Application]):
    file_version = serializers.IntegerField(source="latest_file.version")
    file_sha256 = serializers.CharField(
        source="latest_file.sha256", help_text="Of the file as canonical JSON: sorted names, no spaces, UTF-8."
    )

    class Meta:
        model = Application
        fields = ["id", "reference", "external_id", "status", "file_version", "file_sha256"]


class ApplicationSummary(SparseMixin, serializers.ModelSerializer[Application]):
    status = serializers.ChoiceField(choices=Status.choices)
    branch = serializers.CharField(source="branch.code")

    class Meta:
        model = Application
        fields = [
            "id",
            "reference",
            "external_id",
            "product",
            "status",
            "amount",
            "currency",
            "branch",
            "submitted_at",
            "due_at",
        ]


class FileVersion(serializers.ModelSerializer[CreditFile]):
    source = serializers.ChoiceField(choices=Source.choices)

    class Meta:
        model = CreditFile
        fields = ["version", "sha256", "contract_version", "source", "created_at"]


class ApplicantRecord(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    birth_date = serializers.DateField(allow_null=True)
    email = serializers.SerializerMethodField()
    language = serializers.ChoiceField(choices=Language.choices)
    branch = serializers.CharField(source="branch.code")
    erased_at = serializers.DateTimeField(
        allow_null=True, help_text="When the person was erased: names and e-mail are then empty."
    )

    def get_email(self, applicant: Any) -> str:
        return email_of(applicant)


class ApplicationRecord(ApplicationSummary):
    applicant = ApplicantRecord()
    files = serializers.SerializerMethodField()

    class Meta(ApplicationSummary.Meta):
        fields = [*ApplicationSummary.Meta.fields, "applicant", "files"]

    @extend_schema_field(FileVersion(many=True))
    def get_files(self, application: Application) -> list[dict[str, Any]]:
        return FileVersion(application.files.defer("document_encrypted").order_by("version"), many=True).data
