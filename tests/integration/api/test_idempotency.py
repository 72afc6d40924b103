import threading

import pytest
from django.db import OperationalError, connections

from accounts.models import Branch
from applications.models import Application
from common.models import IdempotentRequest
from creditportal import api
from tests.factories.accounts import BranchFactory, api_key
from tests.factories.applications import APPLICATION
from tests.integration.api.conftest import Caller, problem_of

SUBMISSION = APPLICATION | {"score": False}


@pytest.mark.django_db
def test_key_is_asked_for(caller):
    for key in (None, "x" * 256):
        response = caller.post("applications", SUBMISSION, key=key)
        assert response.status_code == 400
        assert problem_of(response)["code"] == "idempotency_key_missing"
    assert not Application.objects.exists()


@pytest.mark.django_db
def test_same_key_and_body_give_the_first_answer_byte_for_byte(caller):
    first = caller.post("applications", SUBMISSION, key="k" * 255)
    second = caller.post("applications", SUBMISSION, key="k" * 255)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first["Content-Type"] == second["Content-Type"]
    assert Application.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["applications", "applications/{id}/files"])
def test_same_key_with_another_body_or_address_is_refused(caller, application, path):
    caller.post("applications", SUBMISSION, key="k1")
    response = caller.post(path.format(id=application.id), SUBMISSION | {"external_id": "other"}, key="k1")
    assert response.status_code == 422
    assert problem_of(response)["code"] == "idempotency_key_reused"
    assert Application.objects.count() == 2


@pytest.mark.django_db
def test_two_callers_may_use_the_same_key(caller, stranger):
    assert caller.post("applications", SUBMISSION, key="k1").status_code == 201
    assert stranger.post("applications", SUBMISSION | {"external_id": "other"}, key="k1").status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("raw", [b"{", b"{}"])
def test_refusal_is_an_answer_too(caller, raw):
    first = caller.post("applications", raw=raw, key="k1")
    second = caller.post("applications", raw=raw, key="k1")
    assert first.status_code == second.status_code
    assert 400 <= first.status_code < 500
    assert first.content == second.content
    assert first["Content-Type"] == second["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_missing_scope_uses_up_no_key(branch):
    narrow = Caller(api_key(branch=branch, scopes=["applications:read"])[1])
    assert narrow.post("applications", SUBMISSION, key="k1").status_code == 403
    assert not IdempotentRequest.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("error", "status"), [(RuntimeError("broken"), 500), (OperationalError("gone"), 503)])
def test_failure_of_ours_is_not_stored_and_can_be_sent_again(caller, monkeypatch, error, status):
    with monkeypatch.context() as patch:
        patch.setattr("creditportal.api.application_receive", _raiser(error))
        first = caller.post("applications", SUBMISSION, key="k1")
    assert first.status_code == status
    assert "broken" not in first.content.decode()
    assert problem_of(first)["code"] in ("internal_error", "database_unavailable")
    assert caller.post("applications", SUBMISSION, key="k1").status_code == 201


@pytest.mark.django_db
def test_what_a_refused_act_had_written_is_undone(caller, monkeypatch):
    def submit_then_fail(**_kwargs):
        BranchFactory(code="half-written")
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("creditportal.api.application_receive", submit_then_fail)
        caller.post("applications", SUBMISSION, key="k1")
    assert not Branch.objects.filter(code="half-written").exists()


def _raiser(error):
    def fail(**_kwargs):
        raise error

    return fail


@pytest.mark.django_db(transaction=True)
def test_key_in_flight_is_a_conflict_with_a_time_to_wait(branch, monkeypatch):
    secret = api_key(branch=branch)[1]
    entered, leave, answers = threading.Event(), threading.Event(), {}
    receive = api.application_receive

    def slow(**kwargs):
        entered.set()
        assert leave.wait(timeout=20)
        return receive(**kwargs)

    def send():
        try:
            answers["first"] = Caller(secret).post("applications", SUBMISSION, key="k1")
        finally:
            connections.close_all()

    monkeypatch.setattr(api, "application_receive", slow)
    sender = threading.Thread(target=send)
    sender.start()
    try:
        assert entered.wait(timeout=20)
        second = Caller(secret).post("applications", SUBMISSION, key="k1")
    finally:
        leave.set()
        sender.join(timeout=20)

    assert second.status_code == 409
    assert problem_of(second)["code"] == "request_in_flight"
    assert second["Retry-After"] == "1"
    assert answers["first"].status_code == 201
    third = Caller(secret).post("applications", SUBMISSION, key="k1")
    assert third.content == answers["first"].content
    assert Application.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_sixteen_senders_of_one_key_make_one_application(branch):
    secret = api_key(branch=branch)[1]
    start, answers = threading.Barrier(16), []

    def send():
        caller = Caller(secret)
        start.wait(timeout=20)
        try:
            while (answer := caller.post("applications", SUBMISSION, key="k1")).status_code == 409:
                assert problem_of(answer)["code"] == "request_in_flight"
            answers.append((answer.status_code, answer.content))
        finally:
            connections.close_all()

    senders = [threading.Thread(target=send) for _i in range(16)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(timeout=60)

    assert len(answers) == 16
    assert {status for status, _content in answers} == {201}
    assert len({content for _status, content in answers}) == 1
    assert Application.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_sender_that_died_before_its_answer_leaves_the_key_free(branch, monkeypatch):
    caller = Caller(api_key(branch=branch)[1])

    class Died(BaseException):
        pass

    with monkeypatch.context() as patch:
        patch.setattr("creditportal.api.application_receive", _raiser(Died()))
        with pytest.raises(Died):
            caller.post("applications", SUBMISSION, key="k1")
    assert IdempotentRequest.objects.get(key="k1").status is None
    assert caller.post("applications", SUBMISSION, key="k1").status_code == 201
