import uuid

from django.db.models import Count, Q, QuerySet

from accounts.enums import Act
from accounts.models import User
from accounts.permissions import require
from integrations.enums import DeliveryState, EndpointState
from integrations.models import WebhookDelivery, WebhookEndpoint


def webhooks(user: User) -> "QuerySet[WebhookEndpoint]":
    """With what waits and what was given up."""
    require(user, Act.MANAGE_ACCESS)
    return (
        WebhookEndpoint.objects.exclude(state=EndpointState.REMOVED)
        .select_related("branch")
        .annotate(
            waiting=Count("deliveries", filter=Q(deliveries__state=DeliveryState.WAITING)),
            dead=Count("deliveries", filter=Q(deliveries__state=DeliveryState.DEAD)),
        )
        .order_by("name", "id")
    )


def deliveries(endpoint: WebhookEndpoint, state: str = "") -> "QuerySet[WebhookDelivery]":
    rows = WebhookDelivery.objects.filter(endpoint=endpoint)
    return rows.filter(state=state) if state in DeliveryState.values else rows


def delivery_of(endpoint_id: uuid.UUID, delivery_id: uuid.UUID) -> WebhookDelivery | None:
    rows = WebhookDelivery.objects.exclude(endpoint__state=EndpointState.REMOVED)
    return rows.filter(endpoint_id=endpoint_id, id=delivery_id).first()
