"""The REST interface of scores and of the model registry."""

import uuid
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from accounts.enums import Scope
from applications.selectors import application_get, applications_of_key, keyset
from applications.services import lock
from common.api import ApiView, page, query_choice, query_fields, read, read_query, require_match, window
from common.api_schema import CURSOR, LIMIT, fields_of, page_of
from common.errors import NotFound
from common.idempotency import idempotent
from scoring.enums import ModelState
from scoring.models import ModelVersion
from scoring.serializers import ModelRecord, ModelSummary, NoInput, ScoreRecord
from scoring.services import score_create


class ScoresView(ApiView):
    scopes = {"POST": Scope.SCORES_WRITE}
    tag_of: Any = None  # set where the whole record is composed

    @extend_schema(
        operation_id="scores_create",
        summary="Score an application",
        request=NoInput,
        responses={201: ScoreRecord},
        tags=["scores"],
    )
    @idempotent
    def post(self, request: Any, application_id: uuid.UUID) -> Response:
        """Scores the newest file version with the model in service; the same file, model and policy give the same
        score again. The explanation is computed apart: follow `explanation.url`."""
        read_query(request)
        application = application_get(rows=applications_of_key(request.auth), application_id=application_id)
        read(NoInput, request)
        require_match(request, lambda: self.tag_of(request.auth, lock(application)))
        score = score_create(application=application, actor=request.auth.actor)
        return Response(ScoreRecord(score).data, status=201)


class ModelsView(ApiView):
    scopes = {"GET": Scope.MODELS_READ}

    @extend_schema(
        operation_id="models_list",
        summary="List the model versions",
        parameters=[
            CURSOR,
            LIMIT,
            OpenApiParameter("product"),
            OpenApiParameter("state", enum=ModelState.values),
            fields_of(ModelSummary),
        ],
        responses=page_of(ModelSummary),
    )
    def get(self, request: Any) -> Response:
        """The registry, newest first. One version per product is the champion."""
        query = read_query(request, ["cursor", "limit", "fields", "product", "state"])
        query_choice(query, "state", ModelState.values)
        rows = ModelVersion.objects.filter(**{name: query[name] for name in ("product", "state") if name in query})
        asked = window(query)
        found = keyset(rows.defer("manifest"), after=asked.after, size=asked.size)
        context = query_fields(query, ModelSummary)
        return page(request, ModelSummary(found.rows, many=True, context=context).data, found.next_after)


class ModelView(ApiView):
    scopes = {"GET": Scope.MODELS_READ}

    @extend_schema(
        operation_id="models_get",
        summary="One model version",
        parameters=[fields_of(ModelRecord)],
        responses=ModelRecord,
    )
    def get(self, request: Any, version: str) -> Response:
        """The signed manifest and the model card."""
        query = read_query(request, ["fields"])
        row = ModelVersion.objects.filter(version=version).first()
        if row is None:
            raise NotFound(_("No such model version."))
        return Response(ModelRecord(row, context=query_fields(query, ModelRecord)).data)
