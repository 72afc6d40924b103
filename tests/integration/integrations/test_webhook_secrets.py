"""The secret that signs: rotated with and without overlap, encrypted, destroyed with its endpoint."""

from datetime import timedelta

import pytest
from django.utils import timezone

from common.actors import SYSTEM
from common.models import LedgerEvent
from integrations import deliveries
from integrations.enums import DeliveryState
from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.services import webhook_remove, webhook_rotate
from tests.integration.integrations.sending import letter_written, only, send_due, verified

pytestmark = pytest.mark.django_db


def test_rotation_signs_with_both_and_then_with_the_new_one(receiver, hooked, branch):
    webhook, old = hooked
    webhook, new = webhook_rotate(endpoint=webhook, overlap=timedelta(hours=1), actor=SYSTEM)
    letter_written(branch)
    send_due()
    assert verified(old, receiver.received[0])
    assert verified(new, receiver.received[0])
    WebhookEndpoint.objects.update(previous_until=timezone.now())
    deliveries.keep()
    assert WebhookEndpoint.objects.get().previous_encrypted is None
    letter_written(branch)
    send_due()
    assert verified(new, receiver.received[1])
    assert not verified(old, receiver.received[1])


def test_rotation_without_overlap_ends_the_old_secret(receiver, hooked, branch):
    webhook, old = hooked
    webhook_rotate(endpoint=webhook, overlap=timedelta(0), actor=SYSTEM)
    letter_written(branch)
    send_due()
    assert not verified(old, receiver.received[0])


def test_the_secret_is_encrypted_and_destroyed_on_removal(webhook, hooked, branch):
    _webhook, secret = hooked
    assert secret.encode() not in bytes(WebhookEndpoint.objects.get().secret_encrypted)
    letter_written(branch)
    webhook_remove(endpoint=webhook, actor=SYSTEM)
    webhook.refresh_from_db()
    assert webhook.secret_key.wrapped_key is None
    assert (only().state, only().error) == (DeliveryState.DEAD, "endpoint_removed")
    send_due()
    letter_written(branch)
    assert WebhookDelivery.objects.count() == 1
    said = LedgerEvent.objects.filter(subject_id=webhook.id).values_list("facts", flat=True)
    assert not any(secret in str(facts) or webhook.url in str(facts) for facts in said)
