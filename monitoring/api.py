"""The REST interface of outcomes: what the lender's own systems learn months after a decision."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.enums import Scope
from common.api import ApiView, read_list, read_query
from common.idempotency import idempotent
from monitoring.outcomes import Observation, outcomes_record
from monitoring.serializers import OutcomeReply, OutcomeRow, OutcomeRows


class OutcomesView(ApiView):
    scopes = {"POST": Scope.OUTCOMES_WRITE}

    @extend_schema(
        operation_id="outcomes_create",
        summary="Send outcomes",
        request=OutcomeRow(many=True),
        responses={200: OutcomeReply(many=True)},
        tags=["outcomes"],
    )
    @idempotent
    def post(self, request: Any) -> Response:
        """At most 1,000 rows. Each has its own answer, in the order sent; a refused one stops no other."""
        read_query(request)
        sent = read_list(OutcomeRows, request)
        rows = [Observation(is_correction=row.pop("correction"), **row) for row in sent]
        answers = outcomes_record(rows=rows, key=request.auth)
        replies = [
            {"external_id": row.external_id, "status": answer, "detail": str(answer.label)}
            for row, answer in zip(rows, answers, strict=True)
        ]
        return Response(OutcomeReply(replies, many=True).data)
