"""The REST interface of webhooks: those of the key's branch."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from accounts.enums import Scope
from accounts.models import ApiKey
from applications.selectors import keyset
from common.api import ApiView, page, query_choice, query_fields, read, read_query, window
from common.api_schema import CURSOR, LIMIT, fields_of, page_of
from common.idempotency import idempotent
from integrations.api_examples import ROTATIONS, WEBHOOKS
from integrations.deliveries import delivery_resend
from integrations.enums import DeliveryState, EndpointState
from integrations.models import WebhookEndpoint
from integrations.selectors import deliveries, delivery_get, webhook_get, webhooks_ever_of_key, webhooks_of_key
from integrations.serializers import DeliveryRecord, RotateInput, WebhookInput, WebhookRecord, WebhookWithSecret
from integrations.services import webhook_create, webhook_pause, webhook_remove, webhook_resume, webhook_rotate
from scoring.serializers import NoInput

IN_USE = [state for state in EndpointState.values if state != EndpointState.REMOVED]
SECRET = ("secret",)


class WebhooksView(ApiView):
    scopes = {"GET": Scope.WEBHOOKS_READ, "POST": Scope.WEBHOOKS_WRITE}
    shown_once = SECRET

    @extend_schema(
        operation_id="webhooks_list",
        summary="List webhooks",
        parameters=[CURSOR, LIMIT, OpenApiParameter("state", enum=IN_USE), fields_of(WebhookRecord)],
        responses=page_of(WebhookRecord),
    )
    def get(self, request: Any) -> Response:
        """Those of the key's branch that are not retired, newest first."""
        query = read_query(request, ["cursor", "limit", "fields", "state"])
        state = query_choice(query, "state", IN_USE)
        rows = webhooks_of_key(request.auth)
        asked = window(query)
        found = keyset(rows.filter(state=state) if state else rows, after=asked.after, size=asked.size)
        context = query_fields(query, WebhookRecord)
        return page(request, WebhookRecord(found.rows, many=True, context=context).data, found.next_after)

    @extend_schema(
        operation_id="webhooks_create",
        summary="Make a webhook",
        request=WebhookInput,
        examples=WEBHOOKS,
        responses={201: WebhookWithSecret},
    )
    @idempotent
    def post(self, request: Any) -> Response:
        """It is told of what happens in the key's branch. The secret that signs the messages is in this answer only:
        sent again with the same key, the answer has null in its place."""
        read_query(request)
        key: ApiKey = request.auth
        endpoint, secret = webhook_create(**read(WebhookInput, request), branch=key.branch, actor=key.actor)
        return Response(_with_secret(key, endpoint, secret), status=201)


class WebhookView(ApiView):
    scopes = {"GET": Scope.WEBHOOKS_READ}

    @extend_schema(
        operation_id="webhooks_get",
        summary="One webhook",
        parameters=[fields_of(WebhookRecord)],
        responses=WebhookRecord,
    )
    def get(self, request: Any, webhook_id: uuid.UUID) -> Response:
        """Its state, and how many deliveries wait or were given up."""
        query = read_query(request, ["fields"])
        endpoint = webhook_get(rows=webhooks_of_key(request.auth), webhook_id=webhook_id)
        return Response(WebhookRecord(endpoint, context=query_fields(query, WebhookRecord)).data)


class WebhookRotateView(ApiView):
    scopes = {"POST": Scope.WEBHOOKS_WRITE}
    shown_once = SECRET

    @extend_schema(
        operation_id="webhooks_rotate",
        summary="Replace the secret of a webhook",
        request=RotateInput,
        examples=ROTATIONS,
        responses=WebhookWithSecret,
        tags=["webhooks"],
    )
    @idempotent
    def post(self, request: Any, webhook_id: uuid.UUID) -> Response:
        """The new secret is in this answer only. Until the overlap ends, messages carry both signatures."""
        read_query(request)
        endpoint = webhook_get(rows=webhooks_of_key(request.auth), webhook_id=webhook_id)
        overlap = timedelta(hours=read(RotateInput, request)["overlap_hours"])
        endpoint, secret = webhook_rotate(endpoint=endpoint, overlap=overlap, actor=request.auth.actor)
        return Response(_with_secret(request.auth, endpoint, secret))


class WebhookPauseView(ApiView):
    scopes = {"POST": Scope.WEBHOOKS_WRITE}

    @extend_schema(
        operation_id="webhooks_pause",
        summary="Pause a webhook",
        request=NoInput,
        responses=WebhookRecord,
        tags=["webhooks"],
    )
    @idempotent
    def post(self, request: Any, webhook_id: uuid.UUID) -> Response:
        """Nothing is sent to it any more; what happens meanwhile waits. Paused already, it stays so."""
        return _moved(request, webhook_id, webhook_pause)


class WebhookResumeView(ApiView):
    scopes = {"POST": Scope.WEBHOOKS_WRITE}

    @extend_schema(
        operation_id="webhooks_resume",
        summary="Let a webhook go on",
        request=NoInput,
        responses=WebhookRecord,
        tags=["webhooks"],
    )
    @idempotent
    def post(self, request: Any, webhook_id: uuid.UUID) -> Response:
        """After a pause, or after it was disabled because its receiver failed for days: what waited is sent."""
        return _moved(request, webhook_id, webhook_resume)


class WebhookRetireView(ApiView):
    scopes = {"POST": Scope.WEBHOOKS_WRITE}

    @extend_schema(
        operation_id="webhooks_retire",
        summary="Retire a webhook",
        request=NoInput,
        responses=WebhookRecord,
        tags=["webhooks"],
    )
    @idempotent
    def post(self, request: Any, webhook_id: uuid.UUID) -> Response:
        """For good: its secrets are destroyed and what waits for it is given up. It is not found afterwards."""
        read_query(request)
        endpoint = webhook_get(rows=webhooks_of_key(request.auth), webhook_id=webhook_id)
        read(NoInput, request)
        webhook_remove(endpoint=endpoint, actor=request.auth.actor)
        return Response(
            WebhookRecord(webhook_get(rows=webhooks_ever_of_key(request.auth), webhook_id=endpoint.id)).data
        )


class DeliveriesView(ApiView):
    scopes = {"GET": Scope.WEBHOOKS_READ}

    @extend_schema(
        operation_id="deliveries_list",
        summary="List the deliveries of a webhook",
        parameters=[CURSOR, LIMIT, OpenApiParameter("state", enum=DeliveryState.values), fields_of(DeliveryRecord)],
        responses=page_of(DeliveryRecord),
        tags=["webhooks"],
    )
    def get(self, request: Any, webhook_id: uuid.UUID) -> Response:
        """One for each event it was told of or is to be told of, newest first, as long as they are kept."""
        query = read_query(request, ["cursor", "limit", "fields", "state"])
        state = query_choice(query, "state", DeliveryState.values) or ""
        endpoint = webhook_get(rows=webhooks_of_key(request.auth), webhook_id=webhook_id)
        asked = window(query)
        found = keyset(deliveries(endpoint, state), after=asked.after, size=asked.size)
        context = query_fields(query, DeliveryRecord)
        return page(request, DeliveryRecord(found.rows, many=True, context=context).data, found.next_after)


class DeliveryResendView(ApiView):
    scopes = {"POST": Scope.WEBHOOKS_WRITE}

    @extend_schema(
        operation_id="deliveries_resend",
        summary="Send a delivery again",
        request=NoInput,
        responses=DeliveryRecord,
        tags=["webhooks"],
    )
    @idempotent
    def post(self, request: Any, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> Response:
        """Whatever became of it, it is sent anew under the id that the receiver knows; of a webhook that is paused or
        disabled it waits until that goes on."""
        read_query(request)
        endpoint = webhook_get(rows=webhooks_of_key(request.auth), webhook_id=webhook_id)
        delivery = delivery_get(endpoint=endpoint, delivery_id=delivery_id)
        read(NoInput, request)
        delivery_resend(delivery=delivery, actor=request.auth.actor)
        delivery.refresh_from_db()
        return Response(DeliveryRecord(delivery).data)


def _moved(request: Any, webhook_id: uuid.UUID, move: Callable[..., WebhookEndpoint]) -> Response:
    read_query(request)
    endpoint = webhook_get(rows=webhooks_of_key(request.auth), webhook_id=webhook_id)
    read(NoInput, request)
    move(endpoint=endpoint, actor=request.auth.actor)
    return Response(WebhookRecord(webhook_get(rows=webhooks_of_key(request.auth), webhook_id=endpoint.id)).data)


def _with_secret(key: ApiKey, endpoint: WebhookEndpoint, secret: str) -> Any:
    shown: Any = webhook_get(rows=webhooks_of_key(key), webhook_id=endpoint.id)
    shown.secret = secret
    return WebhookWithSecret(shown).data
