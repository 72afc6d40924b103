"""What the applicant can afford, beside the score: in words, with what the file does not tell."""

from django.urls import reverse

from applications.models import Application
from common.actors import SYSTEM
from scoring.services import score_create
from tests.factories.applications import ApplicantFactory, ApplicationFactory, credit_file
from tests.factories.scoring import PolicyFactory


def page_of(client, application):
    return client.get(reverse("decisions:case-detail", args=[application.id])).content.decode()


def case_of(branch, *, income=30_000.0, annuity=2_400.0, bureau=()):
    file = credit_file(AMT_INCOME_TOTAL=income, AMT_ANNUITY=annuity) | {"bureau": list(bureau)}
    application = ApplicationFactory(applicant=ApplicantFactory(branch=branch), file=file)
    score_create(application=application, actor=SYSTEM)
    return Application.objects.get(id=application.id)


def elsewhere(number, **more):
    return {"SK_ID_BUREAU": number, "CREDIT_ACTIVE": "Active", "DAYS_CREDIT": -420, "AMT_CREDIT_SUM": 8000.0, **more}


def test_burden_and_what_is_left_stand_beside_the_score(signed_in, officer, branch, champion):
    application = case_of(branch, bureau=[elsewhere(1, AMT_ANNUITY=3_600.0), elsewhere(2)])
    page = page_of(signed_in(officer), application)
    assert "20.0 % (the policy allows 45 %)" in page.replace("\xa0", " ")
    assert "24,000" in page
    assert "1 running credit elsewhere does not state its instalment" in page
    assert "more of the income than the policy allows" not in page


def test_a_burden_over_the_limit_refers_and_says_so(signed_in, officer, branch, champion):
    application = case_of(branch, income=4_000.0)
    score = application.scores.get()
    assert "debt_burden" in score.policy_findings
    assert score.recommendation == "refer"
    assert "more of the income than the policy allows" in page_of(signed_in(officer), application)


def test_least_left_is_the_policys(branch, champion):
    PolicyFactory(version=2, least_left=50_000)
    assert "little_left" in case_of(branch).scores.get().policy_findings


def test_unknown_instalment_is_said(signed_in, officer, branch, champion):
    page = page_of(signed_in(officer), case_of(branch, annuity=None))
    assert "so the burden of debt is not known" in page
