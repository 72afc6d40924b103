"""The REST interface of batches."""

import uuid
from typing import Any

from django.conf import settings
from django.http import FileResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from accounts.enums import Scope
from applications.selectors import keyset
from common.api import (
    ApiView,
    InvalidQuery,
    answer_language,
    page,
    query_choice,
    query_fields,
    read,
    read_query,
    window,
)
from common.api_schema import CURSOR, LANGUAGE, LIMIT, fields_of, page_of
from common.canonical import sha256_of
from common.idempotency import idempotent
from scoring.batches.models import Batch
from scoring.batches.selectors import FORMATS, as_csv, as_parquet, batch_get, batches_of_key, rows_of
from scoring.batches.serializers import BatchInput, BatchRecord
from scoring.batches.services import TooLarge, batch_cancel, batch_create, sha256_of_file
from scoring.enums import BatchState
from scoring.serializers import NoInput

# What a form adds around its file
ENVELOPE = 64 * 1024


class BatchesView(ApiView):
    scopes = {"GET": Scope.BATCHES_READ, "POST": Scope.BATCHES_WRITE}
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="batches_list",
        summary="List batches",
        parameters=[CURSOR, LIMIT, OpenApiParameter("state", enum=BatchState.values), fields_of(BatchRecord)],
        responses=page_of(BatchRecord),
    )
    def get(self, request: Any) -> Response:
        """The batches of the key's branch, newest first."""
        query = read_query(request, ["cursor", "limit", "fields", "state"])
        query_choice(query, "state", BatchState.values)
        rows = batches_of_key(request.auth)
        rows = rows.filter(state=query["state"]) if "state" in query else rows
        asked = window(query)
        found = keyset(rows, after=asked.after, size=asked.size)
        context = query_fields(query, BatchRecord)
        return page(request, BatchRecord(found.rows, many=True, context=context).data, found.next_after)

    @extend_schema(
        operation_id="batches_create",
        summary="Send a batch",
        request={"multipart/form-data": BatchInput},
        responses={200: BatchRecord, 201: BatchRecord},
    )
    @idempotent
    def post(self, request: Any) -> Response:
        """A file of up to 1,000,000 rows, scored in the background. The same file, under the same model and policy, is
        the same batch: 200 instead of 201."""
        read_query(request)
        data = read(BatchInput, request)
        batch, is_new = batch_create(
            product=data["product"],
            upload=data["file"],
            with_reasons=data["reasons"] == "true",
            actor=request.auth.actor,
            branch=request.auth.branch,
        )
        return Response(BatchRecord(batch).data, status=201 if is_new else 200)

    def fingerprint_of(self, request: Any) -> str:
        """Of the form's fields and the content of its files, however the form was written down."""
        length = int(request.headers.get("Content-Length") or 0)
        if length > settings.BATCH_MAX_BYTES + ENVELOPE:
            raise TooLarge(_("The file is larger than %(most)d MB.") % {"most": settings.BATCH_MAX_BYTES // 1024**2})
        fields = {name: request.data.getlist(name) for name in request.data if name not in request.FILES}
        files = {name: [sha256_of_file(file) for file in request.FILES.getlist(name)] for name in request.FILES}
        return sha256_of([request.method, request.path, fields, files])


class BatchView(ApiView):
    scopes = {"GET": Scope.BATCHES_READ}

    @extend_schema(
        operation_id="batches_get", summary="One batch", parameters=[fields_of(BatchRecord)], responses=BatchRecord
    )
    def get(self, request: Any, batch_id: uuid.UUID) -> Response:
        """State, progress and counts. `reading` and `scoring` go on; the other states are final."""
        query = read_query(request, ["fields"])
        batch = batch_get(rows=batches_of_key(request.auth), batch_id=batch_id)
        return Response(BatchRecord(batch, context=query_fields(query, BatchRecord)).data)


class BatchCancelView(ApiView):
    scopes = {"POST": Scope.BATCHES_WRITE}

    @extend_schema(
        operation_id="batches_cancel",
        summary="Cancel a batch",
        request=NoInput,
        responses=BatchRecord,
        tags=["batches"],
    )
    @idempotent
    def post(self, request: Any, batch_id: uuid.UUID) -> Response:
        """What is not scored yet is left; there will be no results."""
        read_query(request)
        batch = batch_get(rows=batches_of_key(request.auth), batch_id=batch_id)
        read(NoInput, request)
        batch_cancel(batch_id=batch.id, actor=request.auth.actor)
        return Response(BatchRecord(batches_of_key(request.auth).get(id=batch.id)).data)


class _BatchFileView(ApiView):
    scopes = {"GET": Scope.BATCHES_READ}
    part = ""

    def perform_content_negotiation(self, request: Any, force: bool = False) -> Any:
        """The file's format is asked for in the address; a problem is JSON whatever was asked."""
        return JSONRenderer(), JSONRenderer.media_type

    def get(self, request: Any, batch_id: uuid.UUID) -> StreamingHttpResponse:
        query = read_query(request, ["format"])
        kind = query.get("format", "csv")
        if kind not in FORMATS:
            raise InvalidQuery("format", _("This value is not known."), FORMATS)
        batch = batch_get(rows=batches_of_key(request.auth), batch_id=batch_id)
        with answer_language(query, ["en", "fr"]):
            return file_answer(batch, self.part, kind)


FILE = {
    "parameters": [OpenApiParameter("format", enum=list(FORMATS), default="csv"), LANGUAGE],
    "responses": {
        (200, "text/csv"): OpenApiResponse({"type": "string"}),
        (200, "application/vnd.apache.parquet"): OpenApiResponse({"type": "string", "format": "binary"}),
        409: OpenApiResponse(description="Not finished."),
        410: OpenApiResponse(description="Deleted after its time."),
    },
    "tags": ["batches"],
}


class BatchResultsView(_BatchFileView):
    part = "results"

    @extend_schema(operation_id="batches_results", summary="The results of a batch", **FILE)
    def get(self, request: Any, batch_id: uuid.UUID) -> StreamingHttpResponse:
        """A row per scored row: its place, its number, the score, the recommendation and, where asked for, the
        principal reasons (codes, and texts in the language asked for)."""
        return super().get(request, batch_id)


class BatchErrorsView(_BatchFileView):
    part = "errors"

    @extend_schema(operation_id="batches_errors", summary="The rows of a batch that were refused", **FILE)
    def get(self, request: Any, batch_id: uuid.UUID) -> StreamingHttpResponse:
        """A row per problem: line, column, code and reason."""
        return super().get(request, batch_id)


def file_answer(batch: Batch, part: str, kind: str) -> StreamingHttpResponse:
    rows = rows_of(batch, part)
    if kind == "parquet":
        response: StreamingHttpResponse = FileResponse(as_parquet(rows, part), content_type=FORMATS[kind])
    else:
        response = StreamingHttpResponse(as_csv(rows, part), content_type=FORMATS[kind])
    response["Content-Disposition"] = f'attachment; filename="batch-{batch.id}-{part}.{kind}"'
    response["Cache-Control"] = "no-store"
    return response
