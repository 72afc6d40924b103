"""The REST interface of applications; what reaches into later rooms is composed in ``creditportal.api``."""

import uuid
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from accounts.enums import Scope
from accounts.models import ApiKey
from applications.api_examples import FILES
from applications.enums import Source, Status
from applications.models import Application
from applications.selectors import application_get, applications_of_key, keyset
from applications.serializers import ApplicationRecord, ApplicationSummary, FileInput, Submitted
from applications.services import applicant_create, application_submit, contract_of, credit_file_add, lock
from common.api import (
    ApiView,
    page,
    pointers_under,
    query_choice,
    query_fields,
    read,
    read_query,
    require_match,
    window,
)
from common.api_schema import CURSOR, LIMIT, fields_of, page_of
from common.errors import NotAllowed
from common.idempotency import idempotent
from ml.contract import available_products


class ApplicationsView(ApiView):
    scopes = {"GET": Scope.APPLICATIONS_READ, "POST": Scope.APPLICATIONS_WRITE}

    @extend_schema(
        operation_id="applications_list",
        summary="List applications",
        parameters=[
            CURSOR,
            LIMIT,
            OpenApiParameter("status", enum=Status.values),
            OpenApiParameter("external_id"),
            OpenApiParameter("product", enum=available_products()),
            fields_of(ApplicationSummary),
        ],
        responses=page_of(ApplicationSummary),
    )
    def get(self, request: Any) -> Response:
        """The applications of the key's branch, newest first."""
        query = read_query(request, ["cursor", "limit", "fields", "status", "external_id", "product"])
        query_choice(query, "status", Status.values)
        query_choice(query, "product", available_products())
        rows = applications_of_key(request.auth)
        rows = rows.filter(**{name: query[name] for name in ("status", "external_id", "product") if name in query})
        asked = window(query)
        found = keyset(rows, after=asked.after, size=asked.size)
        context = query_fields(query, ApplicationSummary)
        return page(request, ApplicationSummary(found.rows, many=True, context=context).data, found.next_after)


class ApplicationView(ApiView):
    scopes = {"GET": Scope.APPLICATIONS_READ}

    def get(self, request: Any, application_id: uuid.UUID) -> Response:
        """One application with its applicant and its file versions."""
        read_query(request)
        application = of_key(request.auth, application_id)
        return Response(ApplicationRecord(application).data)


class FilesView(ApiView):
    scopes = {"POST": Scope.APPLICATIONS_WRITE}
    tag_of: Any = None  # set where the whole record is composed

    @extend_schema(
        operation_id="files_create",
        summary="Send a new version of the file",
        request=FileInput,
        examples=FILES,
        responses={201: Submitted},
        tags=["applications"],
    )
    @idempotent
    def post(self, request: Any, application_id: uuid.UUID) -> Response:
        """A changed input is a new version; the case waits for a new score, which a worker computes."""
        read_query(request)
        application = of_key(request.auth, application_id)
        data = read(FileInput, request)
        require_match(request, lambda: self.tag_of(request.auth, lock(application)))
        with pointers_under("/file"):
            credit_file = credit_file_add(
                application=application, file=data["file"], source=Source.API, actor=request.auth.actor
            )
        return Response(Submitted(credit_file.application).data, status=201)


def of_key(key: ApiKey, application_id: uuid.UUID) -> Application:
    return application_get(rows=applications_of_key(key), application_id=application_id)


@transaction.atomic
def application_receive(*, data: dict[str, Any], key: ApiKey, score_later: bool) -> Application:
    """Applicant and application together, or neither."""
    _refuse_other_branch(key, data["applicant"].pop("branch", None))
    contract_of(data["product"])
    applicant = applicant_create(**data["applicant"], branch=key.branch, actor=key.actor)
    with pointers_under("/file"):
        return application_submit(
            applicant=applicant,
            product=data["product"],
            file=data["file"],
            source=Source.API,
            actor=key.actor,
            external_id=data["external_id"],
            score_later=score_later,
        )


def _refuse_other_branch(key: ApiKey, code: str | None) -> None:
    if code not in (None, key.branch.code):
        raise NotAllowed(
            _("This key works for the branch %(branch)s only.") % {"branch": key.branch.code},
            code="other_branch",
            details={"pointer": "/applicant/branch", "allowed": key.branch.code},
        )
