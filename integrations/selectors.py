import uuid

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.enums import Act
from accounts.models import ApiKey, User
from accounts.permissions import require
from common.errors import NotFound
from integrations.enums import DeliveryState, EndpointState
from integrations.models import WebhookDelivery, WebhookEndpoint


def webhooks(user: User) -> "QuerySet[WebhookEndpoint]":
    """With what waits and what was given up."""
    require(user, Act.MANAGE_ACCESS)
    rows = WebhookEndpoint.objects.exclude(state=EndpointState.REMOVED).select_related("branch")
    return _with_counts(rows).order_by("name", "id")


def webhooks_of_key(key: ApiKey) -> "QuerySet[WebhookEndpoint]":
    """Of the key's branch; one that is told of every branch is the administrator's."""
    return webhooks_ever_of_key(key).exclude(state=EndpointState.REMOVED)


def webhooks_ever_of_key(key: ApiKey) -> "QuerySet[WebhookEndpoint]":
    return _with_counts(WebhookEndpoint.objects.filter(branch=key.branch))


def webhook_get(*, rows: "QuerySet[WebhookEndpoint]", webhook_id: uuid.UUID) -> WebhookEndpoint:
    found = rows.filter(id=webhook_id).first()
    if found is None:
        raise NotFound(_("There is no such webhook."))
    return found


def delivery_get(*, endpoint: WebhookEndpoint, delivery_id: uuid.UUID) -> WebhookDelivery:
    found = WebhookDelivery.objects.select_related("endpoint").filter(endpoint=endpoint, id=delivery_id).first()
    if found is None:
        raise NotFound(_("This delivery is not known."))
    return found


def _with_counts(rows: "QuerySet[WebhookEndpoint]") -> "QuerySet[WebhookEndpoint]":
    return rows.annotate(
        waiting=Count("deliveries", filter=Q(deliveries__state=DeliveryState.WAITING)),
        dead=Count("deliveries", filter=Q(deliveries__state=DeliveryState.DEAD)),
    )


def deliveries(endpoint: WebhookEndpoint, state: str = "") -> "QuerySet[WebhookDelivery]":
    rows = WebhookDelivery.objects.filter(endpoint=endpoint)
    return rows.filter(state=state) if state in DeliveryState.values else rows


def delivery_of(endpoint_id: uuid.UUID, delivery_id: uuid.UUID) -> WebhookDelivery | None:
    rows = WebhookDelivery.objects.exclude(endpoint__state=EndpointState.REMOVED).select_related("endpoint")
    return rows.filter(endpoint_id=endpoint_id, id=delivery_id).first()
