"""Deliveries: written with their event, sent by durable jobs, tried again, given up, sent once more on request."""

import random
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from common import jobs, ledger
from common.actors import SYSTEM, Actor
from common.models import LedgerEvent
from integrations import outbound, signing
from integrations.enums import DeliveryState, EndpointState
from integrations.messages import message_of, type_of
from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.policy import is_to_be_disabled, wait_after
from integrations.secrets import secrets_of

SEND_JOB, RELEASE_JOB = "webhooks.send", "webhooks.release"
OVERDUE = timedelta(minutes=10)
SWEEP = 1000
TURN = timedelta(seconds=45)  # longer than a call may last, shorter than its job's lease


def rules() -> outbound.Rules:
    return outbound.Rules.of(settings.WEBHOOK_ALLOWED_NETWORKS, plain_http=settings.WEBHOOK_ALLOW_HTTP)


def deliveries_create(event: LedgerEvent) -> None:
    """Called for every event of the ledger, in its transaction. A paused endpoint's deliveries wait for it."""
    kind = type_of(event)
    if kind is None:
        return
    asked = WebhookEndpoint.objects.filter(events__contains=[kind]).exclude(state=EndpointState.REMOVED)
    endpoints = list(asked)
    if not endpoints:
        return
    message = message_of(event, kind)
    for endpoint in endpoints:
        if endpoint.branch_id in (None, message.branch_id):
            delivery = WebhookDelivery.objects.create(
                endpoint=endpoint, event=event, type=kind, body=message.body, due_at=event.occurred_at
            )
            if endpoint.is_active:
                _put_in_line(delivery, None)


def deliver(*, delivery_id: uuid.UUID, ticket: int) -> None:
    """Send once. A worker that dies here leaves a job whose lease lapses: it is sent again, under the same id."""
    delivery = WebhookDelivery.objects.select_related("endpoint__secret_key").get(id=delivery_id)
    if not _is_due(delivery, ticket):
        return
    until = _turn_of(delivery.endpoint_id)
    try:
        _send(delivery, ticket)
    finally:
        _turn_over(delivery.endpoint_id, until)


def _send(delivery: WebhookDelivery, ticket: int) -> None:
    now, body = timezone.now(), delivery.body
    headers = signing.headers(delivery.message_id, int(now.timestamp()), body, secrets_of(delivery.endpoint, now))
    headers |= {"Content-Type": "application/json", "User-Agent": "credit-portal-webhooks/1"}
    answer = outbound.post(delivery.endpoint.url, body.encode(), headers, rules())
    _settle(delivery.id, ticket, answer)


def _turn_of(endpoint_id: uuid.UUID) -> datetime:
    """One call at a time: a receiver that never answers holds one thread, whatever waits for it."""
    now = timezone.now()
    free = WebhookEndpoint.objects.filter(Q(busy_until=None) | Q(busy_until__lt=now), id=endpoint_id)
    if not free.update(busy_until=now + TURN):
        raise jobs.NotItsTurn
    return now + TURN


def _turn_over(endpoint_id: uuid.UUID, until: datetime) -> None:
    WebhookEndpoint.objects.filter(id=endpoint_id, busy_until=until).update(busy_until=None)
    line = _of_line(endpoint_id).values_list("id", "ticket").first()
    if line is not None:
        jobs.nudge_key(kind=SEND_JOB, key=f"{line[0]}:{line[1]}")


def _of_line(endpoint_id: uuid.UUID) -> "QuerySet[WebhookDelivery]":
    waiting = WebhookDelivery.objects.filter(endpoint_id=endpoint_id, state=DeliveryState.WAITING)
    return waiting.filter(endpoint__state=EndpointState.ACTIVE, due_at__lte=timezone.now()).order_by("due_at", "id")


@transaction.atomic
def _settle(delivery_id: uuid.UUID, ticket: int, answer: outbound.Answer) -> None:
    rows = WebhookDelivery.objects.select_for_update(of=("self",)).select_related("endpoint")
    delivery = rows.get(id=delivery_id)
    if delivery.ticket != ticket or delivery.state != DeliveryState.WAITING:
        return  # meanwhile put in line anew, or a worker whose lease lapsed was faster
    delivery.attempts, delivery.tried_at = delivery.attempts + 1, timezone.now()
    delivery.status, delivery.error, delivery.duration_ms = answer.status, answer.error, answer.duration_ms
    if answer.error:
        _failed(delivery, answer)
    else:
        delivery.state = DeliveryState.DELIVERED
        endpoint = WebhookEndpoint.objects.filter(id=delivery.endpoint_id)
        endpoint.update(last_success_at=delivery.tried_at, failing_since=None)
    delivery.save()


def _failed(delivery: WebhookDelivery, answer: outbound.Answer) -> None:
    delivery.failures += 1
    spread = random.random()  # noqa: S311 - it spreads load and guards nothing
    wait = wait_after(delivery.failures, spread, answer.retry_after)
    still_in_use = _note_failure(delivery.endpoint_id, answer.status)
    if wait is None:
        delivery.state = DeliveryState.DEAD
    elif still_in_use:
        _put_in_line(delivery, wait)


def _note_failure(endpoint_id: uuid.UUID, status: int | None) -> bool:
    """Whether the endpoint stays in use."""
    endpoint, now = WebhookEndpoint.objects.select_for_update(of=("self",)).get(id=endpoint_id), timezone.now()
    endpoint.failing_since = endpoint.failing_since or now
    over = is_to_be_disabled(status=status, failing_since=endpoint.failing_since, now=now)
    if endpoint.is_active and over:
        endpoint.state = EndpointState.DISABLED
        ledger.record(action="webhook.disabled", subject=endpoint, actor=SYSTEM, facts={"status": status})
    endpoint.save(update_fields=["failing_since", "state"])
    return endpoint.is_active


def _is_due(delivery: WebhookDelivery, ticket: int) -> bool:
    return delivery.state == DeliveryState.WAITING and delivery.ticket == ticket and bool(delivery.endpoint.is_active)


def _put_in_line(delivery: WebhookDelivery, wait: timedelta | None) -> None:
    """A new ticket makes the work of every earlier one void."""
    at = None if wait is None else timezone.now() + wait
    delivery.ticket, delivery.due_at = delivery.ticket + 1, at or timezone.now()
    delivery.save(update_fields=["ticket", "due_at"])
    payload = {"delivery": str(delivery.id), "ticket": delivery.ticket}
    jobs.enqueue(kind=SEND_JOB, key=f"{delivery.id}:{delivery.ticket}", payload=payload, at=at)


def release_request(endpoint: WebhookEndpoint) -> None:
    """Have everything that waits for an endpoint put in line by a worker: it may be much."""
    jobs.enqueue(kind=RELEASE_JOB, key=str(uuid.uuid4()), payload={"endpoint": str(endpoint.id)})


def release(*, endpoint_id: uuid.UUID) -> None:
    waiting = WebhookDelivery.objects.filter(endpoint_id=endpoint_id, state=DeliveryState.WAITING)
    for delivery_id in waiting.order_by("id").values_list("id", flat=True).iterator():
        _line_up_again(delivery_id)


def keep() -> None:
    """What waits although its time is long over lost its job; what is old is deleted with its ids."""
    now = timezone.now()
    WebhookEndpoint.objects.filter(previous_until__lt=now).update(previous_until=None, previous_encrypted=None)
    WebhookDelivery.objects.filter(_too_old(now)).delete()
    late = WebhookDelivery.objects.filter(
        state=DeliveryState.WAITING, due_at__lt=now - OVERDUE, endpoint__state=EndpointState.ACTIVE
    )
    for delivery_id in list(late.order_by("due_at").values_list("id", flat=True)[:SWEEP]):
        if not _has_open_job(delivery_id):
            _line_up_again(delivery_id)


def _too_old(now: datetime) -> Q:
    return Q(created_at__lt=now - timedelta(days=settings.WEBHOOK_KEEP_DAYS))


def _has_open_job(delivery_id: uuid.UUID) -> bool:
    tickets = WebhookDelivery.objects.filter(id=delivery_id).values_list("ticket", flat=True)
    return any(jobs.is_open(kind=SEND_JOB, key=f"{delivery_id}:{ticket}") for ticket in tickets)


@transaction.atomic
def _line_up_again(delivery_id: uuid.UUID) -> None:
    rows = WebhookDelivery.objects.select_for_update(of=("self",)).select_related("endpoint")
    delivery = rows.filter(id=delivery_id, state=DeliveryState.WAITING).first()
    if delivery is not None and delivery.endpoint.is_active:
        _put_in_line(delivery, None)


@transaction.atomic
def delivery_resend(*, delivery: WebhookDelivery, actor: Actor) -> None:
    """Start a delivery afresh, whatever became of it; the receiver sees the id it knows."""
    facts = {"delivery": str(delivery.id), "deliveries": 1}
    ledger.record(action="webhook.resent", subject=delivery.endpoint, actor=actor, facts=facts)
    WebhookDelivery.objects.filter(id=delivery.id).update(
        state=DeliveryState.WAITING, failures=0, ticket=F("ticket") + 1, due_at=timezone.now()
    )
    _line_up_again(delivery.id)


@transaction.atomic
def dead_resend(*, endpoint: WebhookEndpoint, actor: Actor) -> int:
    """Start every delivery that was given up afresh; returns how many."""
    dead = WebhookDelivery.objects.filter(endpoint=endpoint, state=DeliveryState.DEAD)
    count = dead.update(state=DeliveryState.WAITING, failures=0, due_at=timezone.now())
    if count:
        ledger.record(action="webhook.resent", subject=endpoint, actor=actor, facts={"deliveries": count})
        release_request(endpoint)
    return count
