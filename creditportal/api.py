"""The root of the REST interface: every address, and the calls that reach across rooms."""

import uuid
from typing import Any

from django.shortcuts import render
from django.urls import include, path, re_path
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema, extend_schema_field
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.response import Response

from accounts.enums import Scope
from accounts.models import ApiKey
from applications.api import ApplicationsView, ApplicationView, FilesView, application_receive, of_key
from applications.api_examples import APPLICATIONS
from applications.enums import Door
from applications.models import Application
from applications.reads import read_record
from applications.serializers import ApplicationInput, ApplicationRecord, Submitted
from common.api import UnknownAddress, query_fields, read, read_query, tag_of
from common.api_schema import IF_NONE_MATCH, fields_of
from common.errors import NotAllowed
from common.idempotency import idempotent
from common.serializers import FlagField
from decisions.api import DecideView, DecisionsView, DecisionView, EvidenceView
from decisions.selectors import decisions_of_key
from decisions.serializers import DecisionRecord
from explanations.api import ExplanationView
from integrations.api import (
    DeliveriesView,
    DeliveryResendView,
    WebhookPauseView,
    WebhookResumeView,
    WebhookRetireView,
    WebhookRotateView,
    WebhooksView,
    WebhookView,
)
from monitoring.api import OutcomesView
from monitoring.outcomes import outcome_of
from monitoring.serializers import OutcomeRecord
from scoring.api import ModelsView, ModelView, ScoresView
from scoring.batches.api import BatchCancelView, BatchErrorsView, BatchesView, BatchResultsView, BatchView
from scoring.selectors import current_score
from scoring.serializers import ScoreRecord
from scoring.services import score_create


class ScorableInput(ApplicationInput):
    score = FlagField(default=False, help_text="Score at once; needs the scope scores:write. Else a worker scores.")


class ScoredSubmission(Submitted):
    score = ScoreRecord(required=False, help_text="When it was asked for.")

    class Meta(Submitted.Meta):
        fields = [*Submitted.Meta.fields, "score"]


READ_WITH = {"score": Scope.SCORES_READ, "decision": Scope.DECISIONS_READ, "outcome": Scope.OUTCOMES_READ}


class CaseRecord(ApplicationRecord):
    """`score` is there for a key with scores:read, `decision` with decisions:read, `outcome` with outcomes:read; each
    null while there is none."""

    score = serializers.SerializerMethodField()
    decision = serializers.SerializerMethodField()
    outcome = serializers.SerializerMethodField()

    class Meta(ApplicationRecord.Meta):
        fields = [*ApplicationRecord.Meta.fields, "score", "decision", "outcome"]

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        key = self.context.get("key")
        if key is not None:
            for name, scope in READ_WITH.items():
                if scope not in key.scopes:
                    del fields[name]
        return fields

    @extend_schema_field(ScoreRecord(allow_null=True))
    def get_score(self, application: Application) -> dict[str, Any] | None:
        score = current_score(application)
        return ScoreRecord(score).data if score else None

    @extend_schema_field(DecisionRecord(allow_null=True))
    def get_decision(self, application: Application) -> dict[str, Any] | None:
        decision = decisions_of_key(self.context["key"]).filter(application=application).order_by("-id").first()
        return DecisionRecord(decision).data if decision else None

    @extend_schema_field(OutcomeRecord(allow_null=True))
    def get_outcome(self, application: Application) -> dict[str, Any] | None:
        outcome = outcome_of(application)
        return OutcomeRecord(outcome).data if outcome else None


class CasesView(ApplicationsView):
    @extend_schema(
        operation_id="applications_create",
        summary="Submit an application",
        request=ScorableInput,
        examples=APPLICATIONS,
        responses={201: ScoredSubmission},
    )
    @idempotent
    def post(self, request: Any) -> Response:
        """Takes in the applicant and the first file; with `score` the answer holds the score."""
        read_query(request)
        data = read(ScorableInput, request)
        wants_score = data.pop("score")
        if wants_score:
            _require_score_scope(request.auth)
        application = application_receive(data=data, key=request.auth, score_later=not wants_score)
        score = score_create(application=application, actor=request.auth.actor) if wants_score else None
        application.refresh_from_db(fields=["status"])
        body = Submitted(application).data
        return Response(body | {"score": ScoreRecord(score).data} if score else body, status=201)


class CaseView(ApplicationView):
    @extend_schema(
        operation_id="applications_get",
        summary="One application",
        parameters=[fields_of(CaseRecord), IF_NONE_MATCH],
        responses={200: CaseRecord, 304: None},
    )
    def get(self, request: Any, application_id: uuid.UUID) -> Response:
        """The applicant, the file versions, the current score, the decision and the outcome. The whole record carries
        an ETag."""
        query = read_query(request, ["fields"])
        application = of_key(request.auth, application_id)
        context = {"key": request.auth} | query_fields(query, CaseRecord)
        if context["fields"] is not None:
            _note(request, application)
            return Response(CaseRecord(application, context=context).data)
        etag = f'"{case_tag(request.auth, application)}.{get_language()}"'
        if etag in request.headers.get("If-None-Match", ""):
            return Response(status=304, headers={"ETag": etag})
        _note(request, application)
        return Response(CaseRecord(application, context=context).data, headers={"ETag": etag})


def _note(request: Any, application: Application) -> None:
    read_record(applicant_id=application.applicant_id, door=Door.API, actor=request.auth.actor)


def case_tag(key: ApiKey, application: Application) -> str:
    """The state of an application as this key reads it, the same in every language."""
    with override("en"):
        return tag_of(CaseRecord(application, context={"key": key}).data)


@require_safe
def docs(request: Any) -> Any:
    return render(request, "api/docs.html")


def _require_score_scope(key: ApiKey) -> None:
    if Scope.SCORES_WRITE not in key.scopes:
        raise NotAllowed(_("To score at once, this key needs the scope scores:write."), code="permission_denied")


v1 = [
    path("applications", CasesView.as_view(), name="applications"),
    path("applications/<uuid:application_id>", CaseView.as_view(), name="application"),
    path("applications/<uuid:application_id>/files", FilesView.as_view(tag_of=case_tag), name="application-files"),
    path("applications/<uuid:application_id>/scores", ScoresView.as_view(tag_of=case_tag), name="application-scores"),
    path(
        "applications/<uuid:application_id>/decisions",
        DecideView.as_view(tag_of=case_tag),
        name="application-decisions",
    ),
    path("applications/<uuid:application_id>/evidence", EvidenceView.as_view(), name="application-evidence"),
    path("scores/<uuid:score_id>/explanation", ExplanationView.as_view(), name="score-explanation"),
    path("decisions", DecisionsView.as_view(), name="decisions"),
    path("decisions/<uuid:decision_id>", DecisionView.as_view(), name="decision"),
    path("outcomes", OutcomesView.as_view(), name="outcomes"),
    path("batches", BatchesView.as_view(), name="batches"),
    path("batches/<uuid:batch_id>", BatchView.as_view(), name="batch"),
    path("batches/<uuid:batch_id>/cancel", BatchCancelView.as_view(), name="batch-cancel"),
    path("batches/<uuid:batch_id>/results", BatchResultsView.as_view(), name="batch-results"),
    path("batches/<uuid:batch_id>/errors", BatchErrorsView.as_view(), name="batch-errors"),
    path("webhooks", WebhooksView.as_view(), name="webhooks"),
    path("webhooks/<uuid:webhook_id>", WebhookView.as_view(), name="webhook"),
    path("webhooks/<uuid:webhook_id>/rotate", WebhookRotateView.as_view(), name="webhook-rotate"),
    path("webhooks/<uuid:webhook_id>/pause", WebhookPauseView.as_view(), name="webhook-pause"),
    path("webhooks/<uuid:webhook_id>/resume", WebhookResumeView.as_view(), name="webhook-resume"),
    path("webhooks/<uuid:webhook_id>/retire", WebhookRetireView.as_view(), name="webhook-retire"),
    path("webhooks/<uuid:webhook_id>/deliveries", DeliveriesView.as_view(), name="webhook-deliveries"),
    path(
        "webhooks/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/resend",
        DeliveryResendView.as_view(),
        name="delivery-resend",
    ),
    path("models", ModelsView.as_view(), name="models"),
    path("models/<slug:version>", ModelView.as_view(), name="model"),
]

app_name = "api"
urlpatterns = [
    path("v1/", include(v1)),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    re_path(r"", UnknownAddress.as_view()),  # any, also with a line break in it
]
