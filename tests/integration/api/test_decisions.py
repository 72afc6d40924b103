import pytest

from common.models import Job, JobState, LedgerEvent
from decisions.models import Decision, Override
from decisions.services import review_create
from scoring.services import EXPLAIN_JOB
from tests.factories.accounts import UserFactory, api_key
from tests.factories.applications import ApplicantFactory, ApplicationFactory, credit_file
from tests.factories.explanations import ExplanationFactory
from tests.factories.scoring import ModelVersionFactory, PolicyFactory, ScoreFactory
from tests.integration.api.conftest import Caller, pointers_of, problem_of

pytestmark = pytest.mark.django_db
NOTE = "Seen on three pay slips."


def decide(caller, score, /, **body):
    return caller.post(f"applications/{score.application_id}/decisions", {"score": str(score.id), **body})


def test_officer_declines_with_reasons(caller, officer, explanation):
    score = explanation.score
    response = decide(caller, score, outcome="decline", reason_codes=["request_amount", "external_score"])

    assert response.status_code == 201
    body = response.json()
    decision = Decision.objects.get()
    assert body["id"] == str(decision.id)
    assert body["outcome"] == "decline"
    assert body["reasons"] == [
        {"reason_code": "request_amount", "text": "High amount asked for"},
        {"reason_code": "external_score", "text": "Low external score"},
    ]
    assert body["decided_by"] == {"id": str(officer.id), "name": str(officer)}
    assert body["confirmed_by"] is body["override_direction"] is None
    assert LedgerEvent.objects.filter(actor_kind="api_key", facts__decision=str(decision.id)).exists()

    assert caller.get(f"decisions/{decision.id}").json() == body
    assert caller.get("decisions").json() == {"results": [body], "next": None}
    assert caller.get(f"applications/{score.application_id}").json()["decision"] == body
    french = caller.get(f"decisions/{decision.id}?language=fr").json()
    assert french["reasons"][0]["text"] == "Montant demandé élevé"


def test_machine_never_decides(branch, explanation):
    system = Caller(api_key(branch=branch)[1])
    for outcome in ("decline", "approve"):
        response = decide(system, explanation.score, outcome=outcome, reason_codes=["external_score"])
        assert response.status_code == 403
        assert problem_of(response)["code"] == "person_required"
    assert not Decision.objects.exists()


def test_override_waits_for_a_second_person(caller, branch, officer, explanation):
    response = decide(caller, explanation.score, outcome="approve", override_reason="income_verified", note=NOTE)

    assert response.status_code == 202
    override = Override.objects.get()
    body = response.json()
    assert body["id"] == str(override.id)
    assert body["status"] == "pending_second_person"
    assert (body["direction"], body["override_reason"]) == ("low_side", "income_verified")
    assert caller.get("decisions").json()["results"] == []
    again = decide(caller, explanation.score, outcome="approve", override_reason="income_verified", note=NOTE)
    assert (again.status_code, problem_of(again)["code"]) == (409, "in_review")

    senior = UserFactory(branch=branch, senior=True)
    review_create(override_id=override.id, verdict="confirmed", user=senior)
    made = caller.get("decisions").json()["results"][0]
    assert made["override_direction"] == "low_side"
    assert made["decided_by"]["id"] == str(officer.id)
    assert made["confirmed_by"]["id"] == str(senior.id)


WRONG = {
    "no reasons": ({"outcome": "decline"}, {("/reason_codes", "missing")}),
    "reason not on record": (
        {"outcome": "decline", "reason_codes": ["income"]},
        {("/reason_codes", "unseen_category")},
    ),
    "same reason twice": (
        {"outcome": "decline", "reason_codes": ["income", "income"]},
        {("/reason_codes", "out_of_range")},
    ),
    "override without reason": ({"outcome": "approve"}, {("/override_reason", "missing"), ("/note", "missing")}),
    "high-side reason on the low side": (
        {"outcome": "approve", "override_reason": "over_indebted", "note": NOTE},
        {("/override_reason", "missing")},
    ),
    "unknown outcome": ({"outcome": "refer"}, {("/outcome", "invalid_choice")}),
    "reasons are no list": ({"outcome": "decline", "reason_codes": "income"}, {("/reason_codes", "not_a_list")}),
    "a number as reason": ({"outcome": "decline", "reason_codes": [7]}, {("/reason_codes/0", "wrong_type")}),
    "unknown field": ({"outcome": "decline", "decided_by": "me"}, {("/decided_by", "unknown_field")}),
    "score is a number": ({"outcome": "decline", "score": 1}, {("/score", "wrong_type")}),
    "score is no id": ({"outcome": "decline", "score": "x"}, {("/score", "invalid")}),
}


@pytest.mark.parametrize(("body", "expected"), WRONG.values(), ids=WRONG.keys())
def test_incomplete_decision_names_its_fields(caller, explanation, body, expected):
    response = decide(caller, explanation.score, **body)
    assert response.status_code == 422
    assert pointers_of(response) == expected
    assert not Decision.objects.exists()


def test_nobody_decides_before_the_reasons_are_there(caller, score):
    response = decide(caller, score, outcome="decline", reason_codes=["external_score"])
    assert response.status_code == 409
    assert problem_of(response)["code"] == "explanation_pending"


def test_stale_score_is_refused(caller, explanation):
    application = explanation.score.application
    stale = explanation.score
    caller.post(f"applications/{application.id}/files", {"file": credit_file(AMT_CREDIT=60000)})
    for step in ("not scored yet", "scored anew"):
        response = decide(caller, stale, outcome="decline", reason_codes=["external_score"])
        assert response.status_code == 409
        assert problem_of(response)["code"] == "stale_score"
        if step == "not scored yet":
            ExplanationFactory(score=ScoreFactory(application=application))


def test_score_of_another_application_is_refused(caller, branch, explanation):
    other = ExplanationFactory(score__application__applicant__branch=branch)
    path = f"applications/{explanation.score.application_id}/decisions"
    response = caller.post(path, {"score": str(other.score_id), "outcome": "approve"})
    assert problem_of(response)["code"] == "stale_score"


def test_decided_case_says_who_and_when(caller, officer, explanation):
    decide(caller, explanation.score, outcome="decline", reason_codes=["external_score"])
    response = decide(caller, explanation.score, outcome="decline", reason_codes=["external_score"])
    assert response.status_code == 409
    body = problem_of(response)
    assert body["code"] == "already_decided"
    assert str(officer) in body["title"]
    assert body["details"]["decision"] == str(Decision.objects.get().id)
    assert body["details"]["decided_at"] == Decision.objects.get().created_at.isoformat()
    assert Decision.objects.count() == 1


def test_decisions_are_paged_filtered_and_of_the_own_branch(caller, stranger, branch, officer):
    for _i in range(3):
        made = ExplanationFactory(score__application__applicant__branch=branch)
        decide(caller, made.score, outcome="decline", reason_codes=["external_score"])
    first = caller.get("decisions?limit=2").json()
    second = caller.get(first["next"].removeprefix("/api/v1/")).json()
    assert (len(first["results"]), len(second["results"]), second["next"]) == (2, 1, None)
    assert caller.get("decisions?outcome=approve").json()["results"] == []
    one = first["results"][0]
    for name in ("application", "external_id"):
        found = caller.get(f"decisions?{name}={one[name]}").json()["results"]
        assert [row["id"] for row in found] == [one["id"]]
    assert caller.get("decisions?application=1").status_code == 400
    assert stranger.get("decisions").json()["results"] == []
    assert stranger.get(f"decisions/{one['id']}").status_code == 404


@pytest.mark.parametrize("number", [2, 10])
def test_list_costs_the_same_number_of_queries(caller, branch, number, django_assert_num_queries):
    for _i in range(number):
        made = ExplanationFactory(score__application__applicant__branch=branch)
        decide(caller, made.score, outcome="decline", reason_codes=["external_score"])
    with django_assert_num_queries(2):  # the key, the rows
        assert len(caller.get("decisions").json()["results"]) == number


def test_explanation_in_the_language_asked_for(caller, explanation):
    path = f"scores/{explanation.score_id}/explanation"
    body = caller.get(path).json()
    assert body["status"] == "ready"
    assert body["base_value"] == -0.3
    assert body["raw_margin"] == 0.5
    assert sum(row["contribution"] for row in body["contributions"]) == pytest.approx(0.8)
    assert set(body["contributions"][0]) == {"feature", "label", "value", "contribution", "reason_code"}
    assert body["principal_reasons"][0] == {"reason_code": "external_score", "text": "Low external score"}
    assert body["population"][0]["share_below"] == 0.8
    assert body["counterfactuals"] == []

    for french in (caller.get(f"{path}?language=fr"), caller.get(path, **{"Accept-Language": "fr-FR,fr;q=0.9"})):
        assert french["Content-Language"] == "fr"
        assert french.json()["principal_reasons"][0]["text"] == "Score externe faible"
    assert problem_of(caller.get(f"{path}?language=de"))["code"] == "invalid_query"


def test_explanation_that_is_not_there_says_why(caller, score):
    path = f"scores/{score.id}/explanation"
    body = caller.get(path).json()
    assert (body["status"], body["contributions"], body["failure"]) == ("pending", None, None)

    Job.objects.create(
        kind=EXPLAIN_JOB,
        key=str(score.id),
        state=JobState.FAILED,
        run_after=score.created_at,
        error_code="bundle_tampered",
        error="The bundle was altered.",
    )
    body = caller.get(path).json()
    assert body["status"] == "failed"
    assert body["failure"] == {"code": "bundle_tampered", "detail": "The bundle was altered."}
    assert caller.get(f"applications/{score.application_id}").json()["score"]["explanation"]["status"] == "failed"


def test_models_are_listed_without_a_branch(caller):
    first, second = ModelVersionFactory(version="home_credit-1"), ModelVersionFactory(version="home_credit-2")
    body = caller.get("models").json()
    assert [row["version"] for row in body["results"]] == [second.version, first.version]
    assert caller.get("models?state=champion").json()["results"] == []
    missing = caller.get(f"models/{first.version}")
    assert missing.status_code == 503  # the registry knows it, and its bundle is not in the folder


def test_application_is_scored_only_once_per_file_model_and_policy(caller, branch):
    application = ApplicationFactory(applicant=ApplicantFactory(branch=branch))
    ModelVersionFactory(state="champion")
    PolicyFactory()
    score = ScoreFactory(application=application)
    response = caller.post(f"applications/{application.id}/scores")
    assert response.status_code == 201
    assert response.json()["id"] == str(score.id)
    assert response.json()["policy_findings"] == [
        {"code": "over_cutoff", "text": "The probability of default is over the cutoff."}
    ]
    assert pointers_of(caller.post(f"applications/{application.id}/scores", {"model": "x"})) == {
        ("/model", "unknown_field")
    }
