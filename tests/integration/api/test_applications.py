import copy
import json

import pytest

from applications.models import Applicant, Application, CreditFile
from applications.selectors import document, email_of
from common.canonical import sha256_of
from common.models import Job, LedgerEvent
from tests.factories.accounts import BranchFactory, api_key
from tests.factories.applications import APPLICATION, FILE, ApplicantFactory, ApplicationFactory, credit_file
from tests.factories.explanations import ExplanationFactory
from tests.factories.scoring import ScoreFactory
from tests.integration.api.conftest import Caller, pointers_of, problem_of

pytestmark = pytest.mark.django_db
SUBMISSION = APPLICATION | {"score": False}


def with_applicant(**changes):
    return SUBMISSION | {"applicant": SUBMISSION["applicant"] | changes}


def test_submission_takes_the_documented_example(caller, branch):
    response = caller.post("applications", SUBMISSION)

    assert response.status_code == 201
    body = response.json()
    application = Application.objects.get(id=body["id"])
    assert body == {
        "id": str(application.id),
        "reference": application.reference,
        "external_id": "shop-2026-000123",
        "status": "submitted",
        "file_version": 1,
        "file_sha256": sha256_of(FILE),
    }
    assert application.branch == branch
    assert document(application.latest_file) == FILE
    assert email_of(application.applicant) == "awa.diallo@example.org"
    assert Job.objects.filter(kind="score_application").count() == 1
    assert LedgerEvent.objects.filter(actor_kind="api_key", action="application.submitted").count() == 1


def test_submission_for_the_key_s_own_branch_is_taken_and_for_another_refused(caller):
    assert caller.post("applications", with_applicant(branch="lyon")).status_code == 201
    for code in ("lille", "nowhere"):
        response = caller.post("applications", with_applicant(branch=code) | {"external_id": f"x-{code}"})
        assert response.status_code == 403
        assert problem_of(response)["code"] == "other_branch"
        assert problem_of(response)["details"] == {"pointer": "/applicant/branch", "allowed": "lyon"}


def test_what_is_wrong_with_a_file_is_said_in_the_language_asked_for(caller):
    broken = SUBMISSION | {"file": {"application": FILE["application"] | {"AMT_CREDIT": -1}}}
    said = {}
    for language in ("en", "fr"):
        response = caller.post("applications", broken, **{"Accept-Language": language})
        assert response.status_code == 422
        said[language] = problem_of(response)["errors"][0]["detail"]
    assert said["en"].startswith("Amount of credit: -1 is below")
    assert said["fr"].startswith("Montant du crédit\N{NBSP}: -1 est inférieur à")


def test_external_id_is_used_once_and_leads_to_the_first_within_the_branch(caller):
    first = caller.post("applications", SUBMISSION).json()
    response = caller.post("applications", SUBMISSION)
    assert response.status_code == 409
    assert problem_of(response)["code"] == "external_id_taken"
    assert problem_of(response)["details"] == {"application": first["id"]}
    assert Applicant.objects.count() == 1
    Application.objects.update(branch=BranchFactory())
    assert "details" not in problem_of(caller.post("applications", SUBMISSION))


def test_quick_start_in_the_documentation_is_taken(caller, settings):
    text = (settings.BASE_DIR / "docs" / "api.md").read_text(encoding="utf-8")
    body = json.loads(text.split("<<'JSON'\n")[1].split("\nJSON\n")[0])
    assert caller.post("applications", body | {"score": False}).status_code == 201


WRONG = {
    "unknown field": (SUBMISSION | {"colour": "red"}, {("/colour", "unknown_field")}),
    "unknown applicant field": (with_applicant(gender="F"), {("/applicant/gender", "unknown_field")}),
    "id cannot be chosen": (
        SUBMISSION | {"id": "1", "status": "decided"},
        {("/id", "unknown_field"), ("/status", "unknown_field")},
    ),
    "number for a text": (with_applicant(first_name=7), {("/applicant/first_name", "wrong_type")}),
    "blank name": (with_applicant(last_name=" "), {("/applicant/last_name", "blank")}),
    "null name": (with_applicant(last_name=None), {("/applicant/last_name", "null")}),
    "impossible day": (with_applicant(birth_date="1986-02-30"), {("/applicant/birth_date", "invalid")}),
    "born tomorrow": (with_applicant(birth_date="2999-01-01"), {("/applicant/birth_date", "out_of_range")}),
    "not an address": (with_applicant(email="awa"), {("/applicant/email", "invalid")}),
    "unknown language": (with_applicant(language="de"), {("/applicant/language", "invalid_choice")}),
    "one for true": (SUBMISSION | {"score": 1}, {("/score", "wrong_type")}),
    "unknown product": (SUBMISSION | {"product": "mortgage"}, {("/product", "unseen_category")}),
    "file is a list": (SUBMISSION | {"file": []}, {("/file", "wrong_type")}),
    "unknown table": (SUBMISSION | {"file": FILE | {"loans": []}}, {("/file/loans", "unknown_column")}),
    "wrong type": (
        SUBMISSION | {"file": credit_file(AMT_CREDIT="45000")},
        {("/file/application/AMT_CREDIT", "wrong_type")},
    ),
    "true for a number": (
        SUBMISSION | {"file": credit_file(AMT_CREDIT=True)},
        {("/file/application/AMT_CREDIT", "wrong_type")},
    ),
    "out of range": (
        SUBMISSION | {"file": credit_file(DAYS_BIRTH=5)},
        {("/file/application/DAYS_BIRTH", "out_of_range")},
    ),
    "other case": (
        SUBMISSION | {"file": credit_file(NAME_CONTRACT_TYPE="cash loans")},
        {("/file/application/NAME_CONTRACT_TYPE", "unseen_category")},
    ),
    "missing": (SUBMISSION | {"file": credit_file(AMT_CREDIT=None)}, {("/file/application/AMT_CREDIT", "missing")}),
}


@pytest.mark.parametrize(("body", "expected"), WRONG.values(), ids=WRONG.keys())
def test_wrong_field_is_named_and_nothing_is_kept(caller, body, expected):
    response = caller.post("applications", body)
    assert response.status_code == 422
    assert pointers_of(response) == expected
    assert not Applicant.objects.exists()
    assert not CreditFile.objects.exists()


def test_wrong_row_of_a_child_table_is_named(caller):
    file = copy.deepcopy(FILE)
    file["bureau"][1]["DAYS_CREDIT"] = 12
    response = caller.post("applications", SUBMISSION | {"file": file})
    assert pointers_of(response) == {("/file/bureau/1/DAYS_CREDIT", "out_of_range")}


def test_missing_fields_are_named_together(caller):
    response = caller.post("applications", {"applicant": {}})
    assert pointers_of(response) == {
        ("/external_id", "required"),
        ("/product", "required"),
        ("/file", "required"),
        ("/applicant/first_name", "required"),
        ("/applicant/last_name", "required"),
        ("/applicant/birth_date", "required"),
        ("/applicant/language", "required"),
    }


def test_score_at_once_needs_its_scope(branch):
    caller = Caller(api_key(branch=branch, scopes=["applications:write"])[1])
    response = caller.post("applications", APPLICATION)
    assert response.status_code == 403
    assert not Application.objects.exists()


def test_without_a_model_nothing_is_scored_and_nothing_kept(caller):
    response = caller.post("applications", APPLICATION, key="k1")
    assert response.status_code == 503
    assert problem_of(response)["code"] == "model_missing"
    assert not Application.objects.exists()
    assert caller.post("applications", APPLICATION, key="k1").status_code == 503


def test_new_file_is_a_new_version(caller, application):
    response = caller.post(f"applications/{application.id}/files", {"file": credit_file(AMT_CREDIT=50000)})
    assert response.status_code == 201
    assert response.json()["file_version"] == 2
    assert response.json()["file_sha256"] == sha256_of(credit_file(AMT_CREDIT=50000))
    application.refresh_from_db()
    assert application.amount == 50000


def test_wrong_new_file_is_refused(caller, application):
    response = caller.post(f"applications/{application.id}/files", {"file": credit_file(AMT_CREDIT=-1)})
    assert pointers_of(response) == {("/file/application/AMT_CREDIT", "out_of_range")}
    assert application.files.count() == 1


def test_list_is_paged_newest_first_and_filtered(caller, branch, stranger):
    made = [ApplicationFactory(applicant=ApplicantFactory(branch=branch)) for _i in range(3)]
    ScoreFactory(application=made[0])

    first = caller.get("applications?limit=2").json()
    assert [row["id"] for row in first["results"]] == [str(made[2].id), str(made[1].id)]
    second = caller.get(first["next"].removeprefix("/api/v1/")).json()
    assert [row["id"] for row in second["results"]] == [str(made[0].id)]
    assert second["next"] is None

    assert [row["id"] for row in caller.get("applications?status=scored").json()["results"]] == [str(made[0].id)]
    external_id = made[1].external_id
    assert [row["id"] for row in caller.get(f"applications?external_id={external_id}").json()["results"]] == [
        str(made[1].id)
    ]
    assert caller.get("applications?product=card_default").json() == {"results": [], "next": None}
    assert stranger.get("applications").json()["results"] == []


@pytest.mark.parametrize("number", [2, 20])
def test_list_costs_the_same_number_of_queries(caller, branch, number, django_assert_num_queries):
    for _i in range(number):
        ApplicationFactory(applicant=ApplicantFactory(branch=branch))
    caller.get("applications")
    with django_assert_num_queries(2):  # the key, the rows
        caller.get("applications")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=٣", "limit"),
        ("cursor=abc", "cursor"),
        ("status=open", "status"),
        ("state=scored", "state"),
        ("product=a&product=b", "product"),
        ("product=nope", "product"),
        ("external_id=a%00b", "external_id"),
    ],
)
def test_wrong_parameter_is_named(caller, query, parameter):
    response = caller.get(f"applications?{query}")
    assert response.status_code == 400
    assert problem_of(response)["code"] == "invalid_query"
    assert problem_of(response)["details"]["parameter"] == parameter


def test_record_holds_applicant_files_score_and_decision(caller, explanation):
    application = explanation.score.application
    body = caller.get(f"applications/{application.id}").json()
    assert body["status"] == "explained"
    assert body["amount"] == "45000.00"
    assert body["applicant"]["email"] == "zoe@example.org"
    assert [(file["version"], file["sha256"]) for file in body["files"]] == [(1, sha256_of(FILE))]
    assert body["score"]["id"] == str(explanation.score_id)
    assert body["decision"] is None


def test_record_shows_only_what_the_key_has_scopes_for(branch):
    explanation = ExplanationFactory(score__application__applicant__branch=branch)
    narrow = Caller(api_key(branch=branch, scopes=["applications:read"])[1])
    body = narrow.get(f"applications/{explanation.score.application_id}").json()
    assert "score" not in body
    assert "decision" not in body
