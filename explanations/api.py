"""The REST interface of explanations."""

import uuid
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.enums import Scope
from applications.enums import Door
from applications.reads import read_record
from common.api import ApiView, answer_language, read_query
from common.api_schema import LANGUAGE
from explanations.selectors import explanation_state, feature_labels, score_of_key
from explanations.serializers import ExplanationRecord, explanation_body


class ExplanationView(ApiView):
    scopes = {"GET": Scope.SCORES_READ}

    @extend_schema(
        operation_id="explanation_get",
        summary="Why the model said what it said",
        parameters=[LANGUAGE],
        responses=ExplanationRecord,
    )
    def get(self, request: Any, score_id: uuid.UUID) -> Response:
        """Computed in the background: `pending` is an answer, ask again in a second; `failed` says why."""
        query = read_query(request)
        score = score_of_key(key=request.auth, score_id=score_id)
        state = explanation_state(score)
        if state.explanation:
            read_record(applicant_id=score.application.applicant_id, door=Door.API, actor=request.auth.actor)
        with answer_language(query, dict(settings.LANGUAGES)) as language:
            labels = feature_labels(score, language) if state.explanation else {}
            response = Response(explanation_body(score, state, labels, language))
        response["Content-Language"] = language
        return response
