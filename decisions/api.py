"""The REST interface of decisions. A machine never decides: a key that belongs to no officer is refused."""

import uuid
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from accounts.enums import Scope
from accounts.models import ApiKey, User
from applications.enums import Door
from applications.reads import read_record
from applications.selectors import application_get, applications_of_key, keyset
from applications.services import lock
from common.api import (
    ApiView,
    answer_language,
    page,
    query_choice,
    query_fields,
    query_uuid,
    read,
    read_query,
    require_match,
    window,
)
from common.api_schema import CURSOR, LANGUAGE, LIMIT, fields_of, page_of
from common.errors import NotAllowed, NotFound
from common.idempotency import idempotent
from decisions.api_examples import DECISIONS
from decisions.enums import Outcome
from decisions.evidence.services import evidence_issue
from decisions.models import Override
from decisions.selectors import decision_get, decisions_of_key
from decisions.serializers import DecisionInputBody, DecisionRecord, EvidenceRecord, PendingOverride
from decisions.services import DecisionInput, decision_create


class DecideView(ApiView):
    scopes = {"POST": Scope.DECISIONS_WRITE}
    tag_of: Any = None  # set where the whole record is composed

    @extend_schema(
        operation_id="decisions_create",
        summary="Decide an application",
        request=DecisionInputBody,
        examples=DECISIONS,
        responses={201: DecisionRecord, 202: PendingOverride},
        tags=["decisions"],
    )
    @idempotent
    def post(self, request: Any, application_id: uuid.UUID) -> Response:
        """Only a key that acts for an officer decides. Against the advice the answer is 202: a second person
        confirms or refuses it in the portal."""
        read_query(request)
        officer = _officer(request.auth)
        application = application_get(rows=applications_of_key(request.auth), application_id=application_id)
        body = read(DecisionInputBody, request)
        require_match(request, lambda: self.tag_of(request.auth, lock(application)))
        data = DecisionInput(score_id=body.pop("score"), **body)
        made = decision_create(application=application, data=data, user=officer, actor=request.auth.actor)
        if isinstance(made, Override):
            made.status = "pending_second_person"
            return Response(PendingOverride(made).data, status=202)
        return Response(DecisionRecord(made).data, status=201)


class DecisionsView(ApiView):
    scopes = {"GET": Scope.DECISIONS_READ}

    @extend_schema(
        operation_id="decisions_list",
        summary="List decisions",
        parameters=[
            CURSOR,
            LIMIT,
            LANGUAGE,
            OpenApiParameter("outcome", enum=Outcome.values),
            OpenApiParameter("application", {"type": "string", "format": "uuid"}),
            OpenApiParameter("external_id"),
            fields_of(DecisionRecord),
        ],
        responses=page_of(DecisionRecord),
    )
    def get(self, request: Any) -> Response:
        """The decisions of the key's branch, newest first. A proposal that waits for a second person is not in it."""
        query = read_query(request, ["cursor", "limit", "fields", "outcome", "application", "external_id"])
        filters = {
            "outcome": query_choice(query, "outcome", Outcome.values),
            "application_id": query_uuid(query, "application"),
            "application__external_id": query.get("external_id"),
        }
        rows = decisions_of_key(request.auth).filter(**{k: v for k, v in filters.items() if v is not None})
        asked = window(query)
        found = keyset(rows, after=asked.after, size=asked.size)
        with answer_language(query, dict(settings.LANGUAGES)):
            context = query_fields(query, DecisionRecord)
            return page(request, DecisionRecord(found.rows, many=True, context=context).data, found.next_after)


class DecisionView(ApiView):
    scopes = {"GET": Scope.DECISIONS_READ}

    @extend_schema(
        operation_id="decisions_get",
        summary="One decision",
        parameters=[LANGUAGE, fields_of(DecisionRecord)],
        responses=DecisionRecord,
    )
    def get(self, request: Any, decision_id: uuid.UUID) -> Response:
        """With the reasons in the words they were sent in."""
        query = read_query(request, ["fields"])
        decision = decision_get(rows=decisions_of_key(request.auth), decision_id=decision_id)
        read_record(applicant_id=decision.application.applicant_id, door=Door.API, actor=request.auth.actor)
        with answer_language(query, dict(settings.LANGUAGES)):
            return Response(DecisionRecord(decision, context=query_fields(query, DecisionRecord)).data)


class EvidenceView(ApiView):
    scopes = {"GET": Scope.DECISIONS_READ}

    @extend_schema(
        operation_id="evidence_get",
        summary="The signed evidence of a decision",
        responses=EvidenceRecord,
        tags=["decisions"],
    )
    def get(self, request: Any, application_id: uuid.UUID) -> Response:
        """All that the latest decision on the application rests on, with the proof that the ledger holds each record;
        `verify_ledger.pyz` proves it with the public key alone. The call is recorded."""
        read_query(request)
        application = application_get(rows=applications_of_key(request.auth), application_id=application_id)
        decision = decisions_of_key(request.auth).filter(application=application).order_by("-id").first()
        if decision is None:
            raise NotFound(_("No such decision."))
        return Response(evidence_issue(decision=decision, actor=request.auth.actor))


def _officer(key: ApiKey) -> User:
    if key.acts_for is None:
        raise NotAllowed(
            _("A decision needs a person: this key acts for no officer, and a machine never decides."),
            code="person_required",
        )
    return key.acts_for
