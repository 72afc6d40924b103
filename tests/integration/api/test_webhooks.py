"""Webhooks through the API: made, read, rotated, retired, and their deliveries sent again."""

import uuid

import pytest
from django.db import transaction
from django.utils import timezone

from common import ledger
from common.actors import SYSTEM
from common.models import IdempotentRequest, LedgerEvent
from integrations import services
from integrations.api_examples import WEBHOOK
from integrations.enums import DeliveryState, EndpointState
from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.secrets import secrets_of
from integrations.services import webhook_create, webhook_pause
from tests.factories.accounts import api_key
from tests.integration.api.conftest import Caller, pointers_of, problem_of

pytestmark = pytest.mark.django_db
ASKED = WEBHOOK | {"events": ["letter.ready", "decision.recorded"]}


@pytest.fixture
def made(caller):
    answer = caller.post("webhooks", ASKED)
    assert answer.status_code == 201, answer.content
    return answer.json()


@pytest.fixture
def deliveries(made, application):
    """Three that were given up, the oldest first."""
    with transaction.atomic():
        for _number in range(3):
            facts = {"notice": str(uuid.uuid4()), "kind": "refusal", "pdf_sha256": "0" * 64}
            ledger.record(action="notice.written", subject=application, actor=SYSTEM, facts=facts)
    WebhookDelivery.objects.update(
        state=DeliveryState.DEAD, attempts=8, failures=8, status=500, error="refused", tried_at=timezone.now()
    )
    found = list(WebhookDelivery.objects.order_by("id"))
    assert len(found) == 3
    return found


def events(action):
    return list(LedgerEvent.objects.filter(action=action).values_list("actor_kind", "facts"))


def test_a_webhook_of_the_keys_branch_with_its_secret(caller, branch, made):
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.branch, endpoint.events) == (branch, sorted(ASKED["events"]))
    assert secrets_of(endpoint, timezone.now()) == [made["secret"]]
    assert (made["id"], made["state"], made["waiting"], made["dead"]) == (str(endpoint.id), "active", 0, 0)
    read = caller.get(f"webhooks/{endpoint.id}").json()
    assert read == {name: value for name, value in made.items() if name != "secret"}
    assert caller.get("webhooks").json() == {"results": [read], "next": None}
    assert [kind for kind, _facts in events("webhook.created")] == ["api_key"]


def test_the_secret_is_shown_once_and_stored_nowhere(caller):
    first = caller.post("webhooks", WEBHOOK, key="k1").json()
    again = caller.post("webhooks", WEBHOOK, key="k1")
    assert (again.status_code, again.json()) == (201, first | {"secret": None})
    rotated = caller.post(f"webhooks/{first['id']}/rotate", {}, key="k2").json()
    assert caller.post(f"webhooks/{first['id']}/rotate", {}, key="k2").json() == rotated | {"secret": None}
    stored = b"".join(bytes(body) for body in IdempotentRequest.objects.values_list("body", flat=True))
    assert first["secret"].encode() not in stored
    assert rotated["secret"].encode() not in stored
    assert WebhookEndpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"url": "http://erp.example.org/"}, "/url", "https_needed"),
        ({"url": "https://10.0.0.1/"}, "/url", "address_not_public"),
        ({"url": "https://user:word@erp.example.org/"}, "/url", "url_with_credentials"),
        ({"url": 7}, "/url", "wrong_type"),
        ({"name": ""}, "/name", "blank"),
        ({"name": "x" * 81}, "/name", "max_length"),
        ({"events": []}, "/events", "min_length"),
        ({"events": ["everything"]}, "/events/0", "invalid_choice"),
        ({"branch": "lille"}, "/branch", "unknown_field"),
    ],
)
def test_bad_input_is_named(caller, change, pointer, code):
    answer = caller.post("webhooks", WEBHOOK | change)
    assert answer.status_code == 422
    assert (pointer, code) in pointers_of(answer)
    assert not WebhookEndpoint.objects.exists()


def test_a_branch_has_so_many_and_no_more(caller, made, monkeypatch):
    monkeypatch.setattr(services, "MOST", 1)
    refused = caller.post("webhooks", WEBHOOK)
    assert (refused.status_code, problem_of(refused)["code"]) == (409, "too_many_webhooks")
    caller.post(f"webhooks/{made['id']}/retire")
    assert caller.post("webhooks", WEBHOOK).status_code == 201


@pytest.mark.parametrize(("hours", "secrets"), [(0, 1), (1, 2)])
def test_rotation_with_and_without_overlap(caller, made, hours, secrets):
    answer = caller.post(f"webhooks/{made['id']}/rotate", {"overlap_hours": hours})
    assert answer.status_code == 200
    endpoint = WebhookEndpoint.objects.get()
    assert secrets_of(endpoint, timezone.now()) == [answer.json()["secret"], made["secret"]][:secrets]
    assert events("webhook.rotated") == [("api_key", {"overlap_hours": hours})]


@pytest.mark.parametrize("hours", [-1, 169, 1.5, "1", True, None])
def test_an_overlap_that_is_none_is_refused(caller, made, hours):
    answer = caller.post(f"webhooks/{made['id']}/rotate", {"overlap_hours": hours})
    assert answer.status_code == 422
    assert {pointer for pointer, _code in pointers_of(answer)} == {"/overlap_hours"}


def test_paused_its_events_wait_and_resumed_they_are_sent(caller, made):
    paused = caller.post(f"webhooks/{made['id']}/pause")
    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    assert caller.post(f"webhooks/{made['id']}/pause").json()["state"] == "paused"
    assert caller.get("webhooks?state=paused").json()["results"] == [paused.json()]
    resumed = caller.post(f"webhooks/{made['id']}/resume")
    assert (resumed.status_code, resumed.json()["state"]) == (200, "active")
    assert events("webhook.moved") == [
        ("api_key", {"from": "active", "to": "paused"}),
        ("api_key", {"from": "paused", "to": "active"}),
    ]


def test_disabled_it_goes_on_when_it_is_asked_to(caller, made):
    WebhookEndpoint.objects.update(state=EndpointState.DISABLED, failing_since=timezone.now())
    assert caller.post(f"webhooks/{made['id']}/resume").json()["state"] == "active"
    assert WebhookEndpoint.objects.get().failing_since is None


@pytest.mark.parametrize("act", ["pause", "resume"])
def test_moving_needs_a_webhook_of_ones_own_and_no_body(caller, made, act):
    assert caller.post(f"webhooks/{uuid.uuid4()}/{act}").status_code == 404
    assert caller.post(f"webhooks/{made['id']}/{act}", {"state": "active"}).status_code == 422
    caller.post(f"webhooks/{made['id']}/retire")
    assert caller.post(f"webhooks/{made['id']}/{act}").status_code == 404


def test_retired_it_is_gone_with_its_secret(caller, made):
    ended = caller.post(f"webhooks/{made['id']}/retire", key="k1")
    assert (ended.status_code, ended.json()["state"]) == (200, "removed")
    assert caller.post(f"webhooks/{made['id']}/retire", key="k1").content == ended.content
    assert WebhookEndpoint.objects.get().secret_key.wrapped_key is None
    for path in (f"webhooks/{made['id']}", f"webhooks/{made['id']}/deliveries"):
        assert caller.get(path).status_code == 404
    assert caller.post(f"webhooks/{made['id']}/rotate", {}).status_code == 404
    assert caller.get("webhooks").json()["results"] == []
    assert events("webhook.moved") == [("api_key", {"from": "active", "to": "removed"})]


def test_deliveries_page_by_page_and_by_state(caller, made, deliveries):
    path = f"webhooks/{made['id']}/deliveries"
    first = caller.get(f"{path}?state=dead&limit=2").json()
    assert [row["id"] for row in first["results"]] == [str(row.id) for row in reversed(deliveries[1:])]
    second = caller.get(first["next"].removeprefix("/api/v1/")).json()
    assert ([row["id"] for row in second["results"]], second["next"]) == ([str(deliveries[0].id)], None)
    row = second["results"][0]
    assert (row["type"], row["state"], row["status"], row["error"]) == ("letter.ready", "dead", 500, "refused")
    assert (row["message_id"], row["next_try_at"]) == (deliveries[0].message_id, None)
    assert caller.get(f"{path}?state=waiting").json()["results"] == []
    assert caller.get(f"webhooks/{made['id']}?fields=dead").json() == {"id": made["id"], "dead": 3}


@pytest.mark.parametrize("query", ["state=gone", "limit=0", "cursor=x", "order=id", "fields=body"])
def test_a_query_that_is_none_is_refused(caller, made, query):
    answer = caller.get(f"webhooks/{made['id']}/deliveries?{query}")
    assert (answer.status_code, problem_of(answer)["code"]) == (400, "invalid_query")


def test_a_dead_delivery_is_sent_again_once(caller, made, deliveries):
    path = f"webhooks/{made['id']}/deliveries/{deliveries[0].id}/resend"
    first = caller.post(path, key="k1")
    assert (first.status_code, first.json()["state"]) == (200, "waiting")
    assert first.json()["next_try_at"] is not None
    assert caller.post(path, key="k1").content == first.content
    states = set(WebhookDelivery.objects.exclude(id=deliveries[0].id).values_list("state", flat=True))
    assert states == {DeliveryState.DEAD}
    assert events("webhook.resent") == [("api_key", {"delivery": str(deliveries[0].id), "deliveries": 1})]


def test_of_a_paused_webhook_it_waits(caller, made, deliveries):
    webhook_pause(endpoint=WebhookEndpoint.objects.get(), actor=SYSTEM)
    answer = caller.post(f"webhooks/{made['id']}/deliveries/{deliveries[0].id}/resend")
    assert (answer.status_code, answer.json()["state"]) == (200, "waiting")
    assert caller.get("webhooks?state=paused").json()["results"][0]["waiting"] == 1


def test_another_branch_and_the_administrators_are_not_there(caller, stranger, made, deliveries):
    webhook_create(**WEBHOOK, branch=None, actor=SYSTEM)
    of_all = WebhookEndpoint.objects.get(branch=None)
    assert stranger.get("webhooks").json()["results"] == []
    assert [row["id"] for row in caller.get("webhooks").json()["results"]] == [made["id"]]
    for who, webhook in ((stranger, made["id"]), (caller, of_all.id), (caller, uuid.uuid4())):
        assert who.get(f"webhooks/{webhook}").status_code == 404
        assert who.get(f"webhooks/{webhook}/deliveries").status_code == 404
        for act in ("rotate", "retire", f"deliveries/{deliveries[0].id}/resend"):
            assert who.post(f"webhooks/{webhook}/{act}").status_code == 404
    assert set(WebhookEndpoint.objects.values_list("state", flat=True)) == {EndpointState.ACTIVE}
    assert not events("webhook.resent")


def test_a_delivery_of_another_webhook_is_not_there(caller, made, deliveries):
    other = caller.post("webhooks", WEBHOOK | {"name": "other"}).json()
    answer = caller.post(f"webhooks/{other['id']}/deliveries/{deliveries[0].id}/resend")
    assert (answer.status_code, problem_of(answer)["code"]) == (404, "not_found")


def test_reading_is_not_writing(branch, made):
    reader = Caller(api_key(branch=branch, scopes=["webhooks:read"])[1])
    assert reader.get("webhooks").status_code == 200
    refused = reader.post(f"webhooks/{made['id']}/retire")
    assert (refused.status_code, problem_of(refused)["code"]) == (403, "permission_denied")
