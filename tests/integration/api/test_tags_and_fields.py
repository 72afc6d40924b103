"""An ETag for what can be stale, and only the fields that were asked for."""

import pytest

from tests.factories.applications import FILE
from tests.factories.scoring import ModelVersionFactory
from tests.integration.api.conftest import problem_of

pytestmark = pytest.mark.django_db


def tag(caller, application_id):
    return caller.get(f"applications/{application_id}")["ETag"]


def test_a_record_that_did_not_change_is_not_sent_again(caller, explanation):
    path = f"applications/{explanation.score.application_id}"
    etag = caller.get(path)["ETag"]
    again = caller.get(path, **{"If-None-Match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    french = caller.get(path, **{"If-None-Match": etag, "Accept-Language": "fr"})
    assert french.status_code == 200
    assert french["ETag"] != etag


def test_who_looked_at_an_older_state_does_nothing(caller, explanation):
    score = explanation.score
    seen = tag(caller, score.application_id)
    path = f"applications/{score.application_id}"
    assert caller.post(f"{path}/files", {"file": FILE}, **{"If-Match": seen}).status_code == 201
    body = {"score": str(score.id), "outcome": "decline", "reason_codes": ["external_score"]}
    for action, content in (("decisions", body), ("files", {"file": FILE}), ("scores", {})):
        refused = caller.post(f"{path}/{action}", content, **{"If-Match": seen})
        assert refused.status_code == 412
        assert problem_of(refused)["code"] == "precondition_failed"


def test_who_looked_at_the_present_state_acts_in_whichever_language(caller, explanation):
    score = explanation.score
    seen = tag(caller, score.application_id)
    body = {"score": str(score.id), "outcome": "decline", "reason_codes": ["external_score"]}
    path = f"applications/{score.application_id}/decisions"
    done = caller.post(path, body, key="k", **{"If-Match": f'"other", {seen}', "Accept-Language": "fr"})
    assert done.status_code == 201
    # the first answer again, although the state moved on by that very act
    again = caller.post(path, body, key="k", **{"If-Match": f'"other", {seen}', "Accept-Language": "fr"})
    assert again.content == done.content


@pytest.mark.parametrize("match", ["*", None])
def test_without_a_tag_nothing_is_compared(caller, application, match):
    headers = {"If-Match": match} if match else {}
    assert caller.post(f"applications/{application.id}/files", {"file": FILE}, **headers).status_code == 201


def test_only_the_fields_asked_for_and_always_the_name(caller, explanation):
    version = ModelVersionFactory().version
    application = explanation.score.application_id
    assert set(caller.get(f"applications/{application}?fields=status,score").json()) == {"id", "status", "score"}
    assert set(caller.get("applications?fields=status").json()["results"][0]) == {"id", "status"}
    assert set(caller.get("models?fields=state").json()["results"][0]) == {"version", "state"}
    assert set(caller.get("models?fields=version").json()["results"][0]) == {"version"}
    assert version
    whole = caller.get(f"applications/{application}").json()["score"]
    assert caller.get(f"applications/{application}?fields=score").json()["score"] == whole


@pytest.mark.parametrize("path", ["applications", "decisions", "models"])
def test_a_field_that_is_not_there_is_refused_by_name(caller, path):
    refused = problem_of(caller.get(f"{path}?fields=id,secret"))
    assert (refused["code"], refused["details"]["parameter"]) == ("invalid_query", "fields")
    assert (
        "status" in refused["details"]["allowed"]
        or "outcome" in refused["details"]["allowed"]
        or "state" in str(refused)
    )
