"""What the administrator does with webhooks; each act in one transaction with its ledger event, without the address."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Branch
from common import crypto, ledger
from common.actors import Actor
from common.errors import Conflict, InvalidInput
from integrations import outbound, signing
from integrations.deliveries import release_request, rules
from integrations.enums import DeliveryState, EndpointState
from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.secrets import seal
from integrations.wording import why
from ml.errors import Problem

MOST, FULL = 20, "too_many_webhooks"


@transaction.atomic
def webhook_create(
    *, name: str, url: str, events: Iterable[str], branch: Branch | None, actor: Actor
) -> tuple[WebhookEndpoint, str]:
    """Returns the endpoint and its secret, which is shown once."""
    check_url(url)
    _refuse_too_many(branch)
    secret = signing.new_secret()
    endpoint = WebhookEndpoint(name=name, url=url, events=sorted(set(events)), branch=branch)
    endpoint.secret_key = crypto.subject_key_create()
    endpoint.secret_encrypted = seal(endpoint, secret)
    endpoint.full_clean()
    endpoint.save()
    ledger.record(action="webhook.created", subject=endpoint, actor=actor, facts={"events": endpoint.events})
    return endpoint, secret


@transaction.atomic
def webhook_rotate(*, endpoint: WebhookEndpoint, overlap: timedelta, actor: Actor) -> tuple[WebhookEndpoint, str]:
    """A new secret; until the overlap ends, deliveries are signed with both."""
    endpoint, secret = _held(endpoint), signing.new_secret()
    endpoint.previous_encrypted = endpoint.secret_encrypted if overlap else None
    endpoint.previous_until = timezone.now() + overlap if overlap else None
    endpoint.secret_encrypted = seal(endpoint, secret)
    endpoint.save(update_fields=["secret_encrypted", "previous_encrypted", "previous_until"])
    hours = int(overlap.total_seconds() // 3600)
    ledger.record(action="webhook.rotated", subject=endpoint, actor=actor, facts={"overlap_hours": hours})
    return endpoint, secret


@transaction.atomic
def webhook_pause(*, endpoint: WebhookEndpoint, actor: Actor) -> WebhookEndpoint:
    """Nothing is sent any more; what happens meanwhile waits."""
    endpoint = _held(endpoint)
    if endpoint.is_active:
        _move(endpoint, EndpointState.PAUSED, actor)
    return endpoint


@transaction.atomic
def webhook_resume(*, endpoint: WebhookEndpoint, actor: Actor) -> WebhookEndpoint:
    """After a pause, or after it was disabled: what waited is sent."""
    endpoint = _held(endpoint)
    if not endpoint.is_active:
        endpoint.failing_since = None
        _move(endpoint, EndpointState.ACTIVE, actor)
        release_request(endpoint)
    return endpoint


@transaction.atomic
def webhook_remove(*, endpoint: WebhookEndpoint, actor: Actor) -> None:
    """For good: its secrets are destroyed with their key, what waits is given up."""
    endpoint = _held(endpoint)
    _move(endpoint, EndpointState.REMOVED, actor)
    crypto.subject_key_destroy(subject_key=endpoint.secret_key)
    WebhookDelivery.objects.filter(endpoint=endpoint, state=DeliveryState.WAITING).update(
        state=DeliveryState.DEAD, error="endpoint_removed"
    )


def check_url(url: str) -> None:
    try:
        outbound.checked_url(url, rules())
    except outbound.Refused as refusal:
        words = why(refusal.code)
        raise InvalidInput(words, [Problem("/url", refusal.code, str(words))]) from refusal


def _refuse_too_many(branch: Branch | None) -> None:
    """Every event costs a row for each of them."""
    in_use = WebhookEndpoint.objects.filter(branch=branch).exclude(state=EndpointState.REMOVED)
    if in_use.count() >= MOST:
        raise Conflict(_("There are %(most)d webhooks already; remove one first.") % {"most": MOST}, code=FULL)


def _move(endpoint: WebhookEndpoint, to: EndpointState, actor: Actor) -> None:
    before, endpoint.state = endpoint.state, to
    endpoint.save(update_fields=["state", "failing_since"])
    ledger.record(action="webhook.moved", subject=endpoint, actor=actor, facts={"from": before, "to": to.value})


def _held(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """The row as it is now, held until the end of the transaction."""
    rows = WebhookEndpoint.objects.select_for_update(of=("self",)).select_related("secret_key")
    endpoint = rows.get(id=endpoint.id)
    if endpoint.state == EndpointState.REMOVED:
        raise Conflict(_("This webhook was removed."), code="webhook_removed")
    return endpoint
