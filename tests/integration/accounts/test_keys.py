"""The life of a key: made by the administrator, limited to addresses and a rate, rotated without a gap, revoked."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts.enums import Scope
from accounts.models import ApiKey, User
from accounts.services import api_key_revoke, api_key_rotate
from accounts.throttling import KeyRateThrottle
from common.actors import SYSTEM
from common.errors import Conflict
from common.models import LedgerEvent
from tests.factories.accounts import BranchFactory, UserFactory, api_key

pytestmark = pytest.mark.django_db
CALL = "/api/v1/applications"


@pytest.fixture(autouse=True)
def _throttle_starts_anew() -> Iterator[None]:
    KeyRateThrottle.limiter, KeyRateThrottle.paused_until = None, 0.0
    yield
    KeyRateThrottle.limiter, KeyRateThrottle.paused_until = None, 0.0


@pytest.fixture
def administrator(strict_templates: None) -> Client:
    client = Client()
    client.force_login(UserFactory(administrator=True))
    return client


def answer(text: str, **meta: Any) -> int:
    return Client().get(CALL, headers={"authorization": f"Api-Key {text}"}, **meta).status_code


def form(**fields: Any) -> dict[str, Any]:
    values = {"name": "Partner", "branch": BranchFactory().id, "scopes": [Scope.APPLICATIONS_READ], "days": 30}
    return {**values, "requests_per_minute": 50, "networks": "", "acts_for": "", **fields}


def test_administrator_makes_a_key_and_sees_it_once(administrator: Client) -> None:
    response = administrator.post(reverse("accounts:key-create"), form(networks="127.0.0.0/8\n10.1.2.3"))
    assert response.status_code == 201
    text = response.context["text"]
    key = ApiKey.objects.get()
    assert answer(text) == 200
    assert (key.networks, key.requests_per_minute) == (["127.0.0.0/8", "10.1.2.3"], 50)
    assert "no-store" in response["Cache-Control"]
    shown = administrator.get(reverse("accounts:key-list")).content.decode()
    assert key.prefix in shown
    assert text.split(".")[1] not in shown


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"scopes": []}, "This field is required."),
        ({"scopes": ["everything"]}, "not one of the available choices"),
        ({"scopes": [Scope.DECISIONS_WRITE]}, "needs the officer it decides for"),
        ({"networks": "10.0.0.0/40"}, "10.0.0.0/40 is not a network"),
        ({"days": 0}, "greater than or equal to 1"),
        ({"requests_per_minute": "many"}, "Enter a whole number"),
    ],
)
def test_wrong_key_is_refused_in_words(administrator: Client, fields: dict[str, Any], words: str) -> None:
    response = administrator.post(reverse("accounts:key-create"), form(**fields))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not ApiKey.objects.exists()


def test_nobody_else_comes_near_the_keys() -> None:
    key, _text = api_key(branch=BranchFactory())
    pages = [reverse(f"accounts:{name}") for name in ("key-list", "key-create")]
    pages += [reverse(f"accounts:key-{act}", args=[key.id]) for act in ("rotate", "revoke")]
    for trait in ("senior", "auditor", "risk"):
        client = Client()
        client.force_login(UserFactory(**{trait: True}))
        assert {client.post(page).status_code for page in pages} <= {403, 405}


def test_rotation_overlaps(administrator: Client) -> None:
    key, old = api_key(branch=BranchFactory(), expires_at=timezone.now() + timedelta(days=90))
    response = administrator.post(reverse("accounts:key-rotate", args=[key.id]), {"overlap": "24"})
    new = response.context["text"]
    assert [answer(old), answer(new)] == [200, 200]
    key.refresh_from_db()
    fresh = key.replaced_by
    assert key.expires_at is not None
    assert timedelta(hours=23) < key.expires_at - timezone.now() <= timedelta(hours=24)
    assert (fresh.scopes, fresh.branch_id) == (key.scopes, key.branch_id)
    assert timedelta(days=89) < fresh.expires_at - timezone.now() < timedelta(days=91)
    assert LedgerEvent.objects.filter(action="api_key.rotated", subject_id=fresh.id).exists()
    with pytest.raises(Conflict):
        api_key_rotate(key=key, overlap=timedelta(0), actor=SYSTEM)


def test_rotation_without_overlap_ends_the_old_key() -> None:
    key, old = api_key(branch=BranchFactory())
    _fresh, new = api_key_rotate(key=key, overlap=timedelta(0), actor=SYSTEM)
    assert [answer(old), answer(new)] == [401, 200]


def test_revoked_key_is_not_rotated(administrator: Client) -> None:
    key, text = api_key(branch=BranchFactory())
    administrator.post(reverse("accounts:key-revoke", args=[key.id]))
    assert answer(text) == 401
    assert administrator.post(reverse("accounts:key-rotate", args=[key.id]), {"overlap": "0"}).status_code == 409
    api_key_revoke(key=key, actor=SYSTEM)


def test_key_works_from_its_own_addresses_only() -> None:
    _key, text = api_key(branch=BranchFactory(), networks=["203.0.113.0/24", "2001:db8::/32"])
    assert answer(text, REMOTE_ADDR="203.0.113.9") == 200
    assert answer(text, REMOTE_ADDR="2001:db8::1") == 200
    assert answer(text, REMOTE_ADDR="::ffff:203.0.113.9") == 200
    assert answer(text, REMOTE_ADDR="198.51.100.1") == 403
    assert answer(text, REMOTE_ADDR="") == 403


def test_address_that_the_caller_claims_is_believed_from_trusted_proxies_only() -> None:
    _key, text = api_key(branch=BranchFactory(), networks=["203.0.113.0/24"])
    claimed = {"REMOTE_ADDR": "198.51.100.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}
    assert answer(text, **claimed) == 403
    with override_settings(PROXY_COUNT=1):
        assert answer(text, **claimed) == 200
        assert answer(text, **claimed | {"HTTP_X_FORWARDED_FOR": "203.0.113.9, 198.51.100.7"}) == 403


def test_rate_is_limited_per_key() -> None:
    branch = BranchFactory()
    _key, text = api_key(branch=branch, requests_per_minute=3)
    _other, free = api_key(branch=branch, requests_per_minute=3)
    response = None
    for _call in range(4):
        response = Client().get(CALL, headers={"authorization": f"Api-Key {text}"})
    assert response is not None
    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert 1 <= int(response["Retry-After"]) <= 61
    assert answer(free) == 200


def test_without_redis_calls_pass_at_once() -> None:
    _key, text = api_key(branch=BranchFactory(), requests_per_minute=1)
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        assert [answer(text) for _call in range(3)] == [200, 200, 200]
    assert KeyRateThrottle.paused_until > 0


@pytest.mark.parametrize("name", ["account_signup", "account_reset_password", "account_email"])
def test_doors_that_the_portal_does_not_have(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)
    assert Client().get("/accounts/password/reset/").status_code == 404


def test_signed_in_pages_stay_out_of_caches() -> None:
    user: User = UserFactory()
    client = Client()
    client.force_login(user)
    assert "no-store" in client.get("/")["Cache-Control"]
