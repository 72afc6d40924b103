"""What every operation of the OpenAPI document shares: the idempotency key, the problem documents, the pages."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from common.api import LARGEST_PAGE, PAGE_SIZE
from common.api_errors import CONTENT_TYPE
from common.idempotency import HEADER, LONGEST_KEY
from common.serializers import SparseMixin, StrictSerializer

# status: the code it mostly comes with, and what it says
READ_PROBLEMS = {
    400: ("invalid_query", "A parameter is unknown or cannot be read."),
    401: ("authentication_failed", "The key is missing, unknown, expired or revoked."),
    403: ("permission_denied", "The key lacks the scope."),
    404: ("not_found", "Unknown, or of another branch."),
    406: ("not_acceptable", "Only JSON is given."),
    429: ("throttled", "More calls than this key may make a minute; Retry-After says when to go on."),
    500: ("internal_error", "A fault of ours; it was logged."),
    503: ("unavailable", "A part is missing or down; nothing was written. Send the same request again."),
}
WRITE_PROBLEMS = READ_PROBLEMS | {
    400: ("invalid_json", "The body is not strict JSON, a parameter is wrong, or Idempotency-Key is missing."),
    403: ("permission_denied", "The key lacks the scope, or may not do this."),
    409: ("request_in_flight", "Something else was there first. A request in flight carries Retry-After."),
    410: ("person_erased", "The person's data was erased."),
    411: ("length_required", "Content-Length is missing."),
    413: ("body_too_large", "The body is over 10 MB."),
    415: ("unsupported_media_type", "The body is not application/json."),
    422: ("invalid_input", "Fields cannot be accepted: one entry each in `errors`. Or the key had another body."),
}

CURSOR = OpenApiParameter(
    "cursor",
    {"type": "string", "format": "uuid"},
    description="Where the page starts: follow `next` instead of building it.",
)
LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE_SIZE},
    description="Rows a page.",
)
LANGUAGE = OpenApiParameter(
    "language", enum=["en", "fr"], description="The language of labels and texts; else that of Accept-Language."
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    location=OpenApiParameter.HEADER,
    description="The ETag of the application as you read it; when it changed since, nothing is done.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", location=OpenApiParameter.HEADER, description="The ETag you have; 304 when it is still so."
)
PRECONDITION = {412: ("precondition_failed", "The application is no longer as the If-Match says.")}
IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    OpenApiParameter.HEADER,
    required=True,
    description="Names the act. Sent again with the same body, the first answer comes back byte for byte.",
)


class FieldProblem(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="JSON pointer into the body that was sent.")
    code = serializers.CharField()
    detail = serializers.CharField()
    allowed = serializers.CharField(required=False)


class ProblemDocument(serializers.Serializer[Any]):
    """RFC 9457, with a stable `code`."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    errors = FieldProblem(many=True, required=False)
    details = serializers.DictField(required=False)


class PortalSchema(AutoSchema):
    def get_override_parameters(self) -> list[Any]:
        shared = [IDEMPOTENCY_KEY] if self.method == "POST" else []
        if self.method == "POST" and hasattr(self.view, "tag_of"):
            shared.append(IF_MATCH)
        return [*super().get_override_parameters(), *shared]

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        schema = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, SparseMixin):
            schema["required"] = [
                next(iter(serializer.fields))
            ]  # whatever is asked for, what names the record is there
        return schema | {"additionalProperties": False} if isinstance(serializer, StrictSerializer) else schema

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        problems = WRITE_PROBLEMS if self.method == "POST" else READ_PROBLEMS
        if self.method == "POST" and hasattr(self.view, "tag_of"):
            problems = problems | PRECONDITION
        for status, (code, description) in problems.items():
            body = self._get_response_for_code(ProblemDocument, str(status), [CONTENT_TYPE], direction)
            body["content"][CONTENT_TYPE]["example"] = _example(status, code, description)
            bodies[str(status)] = body | {"description": description}
        return bodies


def _example(status: int, code: str, title: str) -> dict[str, Any]:
    example = {"type": f"urn:problem:{code}", "title": title, "status": status, "code": code}
    if code != "invalid_input":
        return example
    entry = {
        "pointer": "/applicant/birth_date",
        "code": "out_of_range",
        "detail": "The date of birth is not plausible.",
    }
    return example | {"errors": [entry]}


def fields_of(row: type[serializers.BaseSerializer[Any]]) -> OpenApiParameter:
    """The parameter ``fields`` of a record."""
    names = list(row().fields)
    return OpenApiParameter(
        "fields",
        {"type": "array", "items": {"type": "string", "enum": names}, "minItems": 1},
        explode=False,
        description=f"Only these fields, after a comma each; `{names[0]}` is always there.",
    )


def page_of(row: type[serializers.BaseSerializer[Any]]) -> Any:
    return inline_serializer(
        f"{row.__name__}Page",
        {
            "results": row(many=True),
            "next": serializers.CharField(allow_null=True, help_text="Address of the next page; null on the last."),
        },
    )
