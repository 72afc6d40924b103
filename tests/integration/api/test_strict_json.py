import http.client
import json

import pytest

from common.models import IdempotentRequest
from tests.factories.accounts import api_key
from tests.factories.applications import APPLICATION
from tests.integration.api.conftest import problem_of

pytestmark = pytest.mark.django_db

REFUSED = {
    "not JSON": (b"{", "invalid_json", None),
    "empty text": (b" ", "invalid_json", None),
    "byte order mark": (b"\xef\xbb\xbf{}", "invalid_json", None),
    "not UTF-8": (b'{"product": "\xe9"}', "not_utf8", None),
    "UTF-16": ("{}".encode("utf-16"), "not_utf8", None),
    "raw NUL": (b'{"product": "a\x00"}', "invalid_json", None),
    "escaped NUL": (b'{"product": "a\\u0000"}', "nul_character", "/product"),
    "NUL in a name": (b'{"file": {"a\\u0000": 1}}', "nul_character", "/file"),
    "lone surrogate": (b'{"file": {"bureau": [{"x": "\\ud800"}]}}', "lone_surrogate", "/file/bureau/0/x"),
    "duplicate name": (b'{"file": {"application": {"A": 1, "A": 2}}}', "duplicate_name", "/file/application/A"),
    "NaN": (b'{"file": {"application": {"AMT_CREDIT": NaN}}}', "not_finite", "/file/application/AMT_CREDIT"),
    "infinite": (b'{"a~/b": [-Infinity]}', "not_finite", "/a~0~1b/0"),
    "too large": (b'{"a": 1e400}', "not_finite", "/a"),
    "5,000 digits": (b'{"a": %s}' % (b"9" * 5000), "number_too_long", "/a"),
    "5,000 decimals": (b'{"a": 0.%s}' % (b"1" * 5000), "number_too_long", "/a"),
    "31 levels": (b"[" * 31 + b"]" * 31, "too_deep", "/0" * 30),
    "100,000 levels": (b"[" * 100_000, "too_deep", None),
    "100,000 objects": (b'{"a":' * 100_000, "too_deep", None),
}


@pytest.mark.parametrize(("raw", "code", "pointer"), REFUSED.values(), ids=REFUSED.keys())
def test_ambiguous_or_broken_body_is_refused(caller, raw, code, pointer):
    response = caller.post("applications", raw=raw)
    assert response.status_code == 400
    body = problem_of(response)
    assert body["code"] == code
    assert body.get("errors", [{"pointer": None}])[0]["pointer"] == pointer


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"7", b"null", b"true"])
def test_body_that_is_no_object_is_refused(caller, raw):
    response = caller.post("applications", raw=raw)
    assert response.status_code == 422
    assert problem_of(response)["code"] == "invalid_input"


def test_every_fault_is_named_at_once(caller):
    response = caller.post("applications", raw=b'{"a": NaN, "b": [1, {"c": 1, "c": 2}]}')
    assert [(e["pointer"], e["code"]) for e in problem_of(response)["errors"]] == [
        ("/a", "not_finite"),
        ("/b/1/c", "duplicate_name"),
    ]


def test_body_over_ten_megabytes_is_refused_unread(caller):
    response = caller.post("applications", raw=b'{"a": "' + b"x" * (10 * 1024 * 1024) + b'"}')
    assert response.status_code == 413
    assert problem_of(response)["code"] == "body_too_large"
    assert not IdempotentRequest.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_caller_who_sends_too_much_still_reads_the_answer(live_server, branch):
    connection = http.client.HTTPConnection(live_server.thread.host, live_server.thread.port, timeout=20)
    headers = {"Authorization": f"Api-Key {api_key(branch=branch)[1]}", "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/applications", b"x" * (12 * 1024 * 1024), headers | {"Idempotency-Key": "k1"})
    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_body_in_chunks_is_refused_rather_than_ignored(live_server, branch):
    connection = http.client.HTTPConnection(live_server.thread.host, live_server.thread.port, timeout=20)
    headers = {"Authorization": f"Api-Key {api_key(branch=branch)[1]}", "Content-Type": "application/json"}
    connection.request(
        "POST", "/api/v1/applications", iter([b"{}"]), headers | {"Idempotency-Key": "k1"}, encode_chunked=True
    )
    answer = connection.getresponse()
    assert (answer.status, json.load(answer)["code"]) == (411, "length_required")
    connection.close()


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"],
)
def test_other_content_type_is_refused(caller, content_type):
    response = caller.post("applications", raw=b"a=1", **{"Content-Type": content_type})
    assert response.status_code == 415
    assert problem_of(response)["code"] == "unsupported_media_type"


def test_compressed_body_is_refused(caller):
    response = caller.post("applications", raw=b"\x1f\x8b", **{"Content-Encoding": "gzip"})
    assert response.status_code == 415
    assert problem_of(response)["code"] == "content_encoding_unsupported"


def test_charset_in_the_content_type_is_taken(caller):
    raw = json.dumps(APPLICATION | {"score": False}).encode()
    response = caller.post("applications", raw=raw, **{"Content-Type": "application/json; charset=utf-8"})
    assert response.status_code == 201


def test_accents_and_emoji_are_kept(caller):
    body = APPLICATION | {"score": False, "external_id": "n°1 😀"}
    assert caller.post("applications", body).json()["external_id"] == "n°1 😀"
