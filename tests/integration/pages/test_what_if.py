"""What if, with a real model: other values, another answer, and nothing kept."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Branch, User
from applications.models import Application, CreditFile
from common import jobs
from common.actors import SYSTEM
from explanations.models import Explanation
from ml.levers import load_levers
from scoring import registry
from scoring.assessment import assess
from scoring.models import ModelVersion, Score
from scoring.services import score_create
from tests.factories.applications import PRODUCT, ApplicantFactory, ApplicationFactory, credit_file

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
SignIn = Callable[[User], Client]


@pytest.fixture
def scored(champion: ModelVersion, branch: Branch) -> Application:
    risky = credit_file(EXT_SOURCE_1=0.2, EXT_SOURCE_2=0.2, EXT_SOURCE_3=0.2, AMT_CREDIT=900_000.0)
    application = ApplicationFactory(applicant=ApplicantFactory(branch=branch), file=risky)
    score_create(application=application, actor=SYSTEM)
    jobs.run_all_here(lambda _done: None)
    return application


def ask(client: Client, application: Application, **values: Any) -> Any:
    page = client.get(reverse("decisions:case-what-if", args=[application.id]))
    form = page.context["form"]
    typed = {name: form[name].value() for name in form.fields}
    typed = {name: value for name, value in typed.items() if value not in (None, "", False)}
    return client.post(reverse("decisions:case-what-if", args=[application.id]), {**typed, **values})


def test_unchanged_values_give_the_score_on_record(signed_in: SignIn, officer: User, scored: Application) -> None:
    then = ask(signed_in(officer), scored).context["then"]
    assert then.probability_of_default == scored.scores.get().probability_of_default


def test_other_values_give_another_answer_and_keep_nothing(
    signed_in: SignIn, officer: User, scored: Application, is_strict: Any
) -> None:
    response = ask(signed_in(officer), scored, EXT_SOURCE_2="0.8", AMT_CREDIT="100000")
    assert response.context["then"].probability_of_default < scored.scores.get().probability_of_default
    assert "lower than on record" in response.content.decode()
    is_strict(response)
    assert (Score.objects.count(), CreditFile.objects.count()) == (1, 1)


@pytest.mark.parametrize("value", ["-5", "a lot", "1e999", "99999999999999999999"])
def test_value_out_of_range_is_said_beside_the_field(
    signed_in: SignIn, officer: User, scored: Application, value: str
) -> None:
    response = ask(signed_in(officer), scored, AMT_CREDIT=value)
    assert response.status_code == 422
    assert "then" not in response.context


def test_protected_columns_are_not_asked(signed_in: SignIn, officer: User, scored: Application) -> None:
    page = signed_in(officer).get(reverse("decisions:case-what-if", args=[scored.id]))
    names = set(page.context["form"].fields)
    assert {"AMT_CREDIT", "AMT_INCOME_TOTAL"} <= names
    assert not names & {"CODE_GENDER", "NAME_FAMILY_STATUS", "CNT_CHILDREN", "DAYS_BIRTH"}


@pytest.mark.parametrize("external", [0.05, 0.2, 0.3, 0.4])
def test_counterfactuals_are_true_when_asked_again(
    signed_in: SignIn, officer: User, champion: ModelVersion, branch: Branch, external: float
) -> None:
    risky = credit_file(EXT_SOURCE_1=external, EXT_SOURCE_2=external, EXT_SOURCE_3=external, AMT_CREDIT=900_000.0)
    case = ApplicationFactory(applicant=ApplicantFactory(branch=branch), file=risky)
    score_create(application=case, actor=SYSTEM)
    jobs.run_all_here(lambda _done: None)
    score, model = case.scores.get(), registry.load(champion)
    ways = Explanation.objects.get(score=score).counterfactuals
    row = risky["application"]
    for way in ways:
        moved = {lever.column: lever for lever in load_levers(PRODUCT)}
        changed: dict[str, Any] = dict(row)
        for change in way["changes"]:
            changed |= moved[change["column"]].moved(changed, change["after"], model.contract)
        again = assess(model, score.policy.terms(model.cutoff), {**risky, "application": changed}, case.amount)
        assert again.probability_of_default == pytest.approx(way["probability_of_default"])
        assert again.advice.recommendation == way["recommendation"] != score.recommendation
        assert 1 <= len(way["changes"]) <= 3
    assert len({way["recommendation"] for way in ways}) <= 1
    page = signed_in(officer).get(reverse("decisions:case-detail", args=[case.id])).content.decode()
    assert ("What would change the advice" in page) == bool(ways)
    assert ("No change of the request" in page) == (not ways and score.recommendation != "approve")
    assert ("None leads to an advice to approve" in page) == any(way["recommendation"] == "refer" for way in ways)


def test_another_branchs_case_is_unknown(signed_in: SignIn, stranger: User, scored: Application) -> None:
    assert signed_in(stranger).get(reverse("decisions:case-what-if", args=[scored.id])).status_code == 404


def test_case_without_reasons_has_nothing_to_ask(
    signed_in: SignIn, officer: User, new_case: Callable[..., Application]
) -> None:
    case = new_case(explained=False)
    response = signed_in(officer).get(reverse("decisions:case-what-if", args=[case.id]))
    assert response.headers["Location"] == reverse("decisions:case-detail", args=[case.id])
