from datetime import timedelta

import pytest
from django.utils import timezone

from applications.enums import Status
from applications.models import Application
from common.ledger.sealing import seal_all
from common.ledger.verification import verify
from common.models import LedgerEvent
from monitoring.models import Outcome
from tests.factories.accounts import api_key
from tests.factories.applications import ApplicantFactory, ApplicationFactory
from tests.integration.api.conftest import Caller, pointers_of, problem_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate().isoformat()


def row(application, is_default=False, observed_on=TODAY, **more):
    return {"external_id": application.external_id, "is_default": is_default, "observed_on": observed_on, **more}


def statuses(response):
    assert response.status_code == 200, response.content
    return [reply["status"] for reply in response.json()]


def test_each_row_has_its_own_answer_in_the_order_sent(caller, branch, application):
    other = ApplicationFactory()
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    declined = decided(ApplicationFactory(applicant=ApplicantFactory(branch=branch)), caller)
    response = caller.post(
        "outcomes",
        [
            row(application),
            row(application),
            row(application, is_default=True),
            row(other),
            row(application, observed_on="2001-01-01"),
            row(application, observed_on=tomorrow),
            row(declined),
        ],
    )
    assert statuses(response) == [
        "recorded",
        "unchanged",
        "conflict",
        "unknown",
        "too_early",
        "in_future",
        "not_granted",
    ]
    assert all(reply["detail"] for reply in response.json())
    assert Outcome.objects.get().application == application


def decided(application, caller):
    from tests.factories.explanations import ExplanationFactory
    from tests.factories.scoring import ScoreFactory

    score = ExplanationFactory(score=ScoreFactory(application=application)).score
    body = {"score": str(score.id), "outcome": "decline", "reason_codes": ["external_score"]}
    assert caller.post(f"applications/{application.id}/decisions", body).status_code == 201
    return application


def test_a_correction_is_a_new_row_and_the_record_shows_the_last(caller, application):
    assert statuses(caller.post("outcomes", [row(application)])) == ["recorded"]
    assert statuses(caller.post("outcomes", [row(application, is_default=True, correction=True)])) == ["corrected"]
    first, second = Outcome.objects.order_by("id")
    assert second.corrects == first
    shown = caller.get(f"applications/{application.id}").json()["outcome"]
    assert (shown["id"], shown["is_default"]) == (str(second.id), True)
    seal_all()
    assert not verify().findings


def test_the_case_of_a_granted_credit_ends_with_its_outcome(caller, application):
    Application.objects.filter(id=application.id).update(status=Status.DECIDED)
    caller.post("outcomes", [row(application)])
    application.refresh_from_db()
    assert application.status == Status.OUTCOME
    event = LedgerEvent.objects.filter(subject_id=application.id).latest("occurred_at")
    assert event.facts["outcome"] == str(Outcome.objects.get().id)


def test_the_same_request_twice_records_once(caller, application):
    body = [row(application)]
    first, again = (caller.post("outcomes", body, key="one-key") for _time in range(2))
    assert first.content == again.content
    assert Outcome.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ([], {("", "empty")}),
        ({}, {("", "not_a_list")}),
        ([{"external_id": "a", "is_default": 1, "observed_on": TODAY}], {("/0/is_default", "wrong_type")}),
        ([{"external_id": "a", "is_default": True, "observed_on": "soon"}], {("/0/observed_on", "invalid")}),
        ([{"external_id": "a", "is_default": True}], {("/0/observed_on", "required")}),
        ([{"external_id": "a", "is_default": True, "observed_on": TODAY, "x": 1}], {("/0/x", "unknown_field")}),
        ([{"external_id": "a", "is_default": True, "observed_on": TODAY}] * 1001, {("", "max_length")}),
    ],
)
def test_what_is_no_list_of_outcomes_is_refused_by_place(caller, body, found):
    response = caller.post("outcomes", body)
    assert response.status_code == 422
    assert pointers_of(response) == found


def test_scopes(branch, application):
    reader = Caller(api_key(branch=branch, scopes=["applications:read"])[1])
    assert problem_of(reader.post("outcomes", [row(application)]))["code"] == "permission_denied"
    assert "outcome" not in reader.get(f"applications/{application.id}").json()
