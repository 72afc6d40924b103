import re

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from common import ledger
from common.actors import SYSTEM
from common.models import LedgerEvent
from integrations.enums import DeliveryState, EndpointState
from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.services import webhook_create

FORM = {"name": "ERP", "url": "https://erp.example.org/events", "events": ["decision.recorded", "letter.ready"]}


@pytest.fixture
def client(signed_in, administrator) -> Client:
    return signed_in(administrator)


@pytest.fixture
def webhook(branch):
    return webhook_create(**FORM, branch=branch, actor=SYSTEM)[0]


@pytest.fixture
def dead(webhook, case):
    with transaction.atomic():
        ledger.record(action="notice.written", subject=case, actor=SYSTEM, facts={"notice": str(case.id)})
    WebhookDelivery.objects.update(
        state=DeliveryState.DEAD, attempts=8, status=500, error="refused", duration_ms=41, tried_at=timezone.now()
    )
    return WebhookDelivery.objects.get()


def resent():
    return list(LedgerEvent.objects.filter(action="webhook.resent").values_list("actor_id", "facts__deliveries"))


def page(name, *args):
    return reverse(f"integrations:{name}", args=args)


def test_the_secret_is_shown_once(client, branch, is_strict):
    response = client.post(page("webhook-new"), FORM | {"branch": str(branch.id)})
    assert response.status_code == 201
    assert "no-store" in response["Cache-Control"]
    is_strict(response)
    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", response.content.decode())
    webhook = WebhookEndpoint.objects.get()
    assert webhook.branch == branch
    assert webhook.events == FORM["events"]
    for name, args in (("webhook-list", []), ("webhook-detail", [webhook.id])):
        shown = client.get(page(name, *args))
        is_strict(shown)
        assert secret not in shown.content.decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "http://erp.example.org/"}, "must begin with https"),
        ({"url": "https://10.0.0.1/"}, "private network"),
        ({"url": "https://0x7f.1/"}, "private network"),
        ({"url": "nonsense"}, "must begin with https"),
        ({"events": []}, "required"),
        ({"events": ["everything"]}, "not one of the available"),
        ({"name": ""}, "required"),
    ],
)
def test_bad_input_is_answered_in_words_and_kept(client, change, said):
    response = client.post(page("webhook-new"), FORM | change)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_failures_are_seen_and_sent_again_one_or_all(client, administrator, webhook, dead, is_strict):
    response = client.get(page("webhook-detail", webhook.id), {"state": "dead"})
    is_strict(response)
    shown = response.content.decode()
    for text in (dead.message_id, "The server did not accept it.", "500", "41"):
        assert text in shown
    assert dead.message_id not in client.get(page("webhook-detail", webhook.id), {"state": "waiting"}).content.decode()
    assert client.post(page("delivery-resend", webhook.id, dead.id)).status_code == 302
    dead.refresh_from_db()
    assert (dead.state, dead.failures, dead.ticket) == (DeliveryState.WAITING, 0, 3)
    WebhookDelivery.objects.update(state=DeliveryState.DEAD)
    told = client.post(page("webhook-resend", webhook.id), follow=True).content.decode()
    assert "1 delivery is sent again." in told
    dead.refresh_from_db()
    assert dead.state == DeliveryState.WAITING
    assert resent() == [(administrator.id, 1), (administrator.id, 1)]
    client.post(page("webhook-resend", webhook.id))
    assert len(resent()) == 2, "nothing was sent again"


def test_pause_resume_rotate_remove(client, webhook, is_strict):
    client.post(page("webhook-pause", webhook.id))
    assert "Paused" in client.get(page("webhook-detail", webhook.id)).content.decode()
    client.post(page("webhook-resume", webhook.id))
    webhook.refresh_from_db()
    assert webhook.state == EndpointState.ACTIVE
    is_strict(client.get(page("webhook-rotate", webhook.id)))
    rotated = client.post(page("webhook-rotate", webhook.id), {"overlap": "24"})
    assert rotated.status_code == 201
    assert "The old secret signs too until" in rotated.content.decode()
    client.post(page("webhook-remove", webhook.id))
    assert client.get(page("webhook-detail", webhook.id)).status_code == 404
    assert client.post(page("webhook-resume", webhook.id)).status_code == 404


def test_a_delivery_of_another_webhook_is_unknown(client, webhook, dead):
    other, _secret = webhook_create(**FORM, branch=None, actor=SYSTEM)
    assert client.post(page("delivery-resend", other.id, dead.id)).status_code == 404
    assert client.get(page("webhook-detail", webhook.id), {"after": "nonsense"}).status_code == 404


def test_the_lists_cost_the_same_however_long(client, webhook, dead, django_assert_num_queries):
    client.get(page("webhook-list"))
    with django_assert_num_queries(3):
        client.get(page("webhook-list"))
    with django_assert_num_queries(4):
        client.get(page("webhook-detail", webhook.id))
