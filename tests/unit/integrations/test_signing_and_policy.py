import base64
from datetime import UTC, datetime, timedelta

import pytest

from integrations import signing
from integrations.policy import WAITS, is_to_be_disabled, wait_after

# published with the specification's reference libraries
VECTOR = {
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "message_id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "timestamp": 1614265330,
    "body": '{"test": 2432232314}',
}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_signature_equals_the_published_one():
    assert signing.signature(**VECTOR) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("part", ["message_id", "timestamp", "body"])
def test_every_part_is_signed(part):
    assert signing.signature(**VECTOR | {part: 7}) != signing.signature(**VECTOR)


def test_a_secret_has_256_bits_and_its_prefix():
    secret = signing.new_secret()
    assert secret != signing.new_secret()
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32


def test_waits_grow_from_seconds_to_hours_and_end():
    waits = [wait_after(failures, 0.5) for failures in range(1, 9)]
    assert waits[:-1] == WAITS
    assert waits[-1] is None
    assert WAITS[0] == timedelta(seconds=5)
    assert WAITS[-1] == timedelta(hours=10)


def test_waits_are_spread_and_heed_the_receiver():
    assert wait_after(1, 0.0) == timedelta(seconds=4)
    assert wait_after(1, 1.0) == timedelta(seconds=6)
    assert wait_after(1, 0.5, retry_after=90) == timedelta(seconds=90)
    assert wait_after(2, 0.5, retry_after=90) == timedelta(seconds=300)


@pytest.mark.parametrize(
    ("status", "days", "over"), [(500, 4.9, False), (500, 5, True), (None, 6, True), (410, 0, True), (404, 0, False)]
)
def test_an_endpoint_is_given_up_when_gone_or_after_days(status, days, over):
    since = NOW - timedelta(days=days)
    assert is_to_be_disabled(status=status, failing_since=since, now=NOW) is over
