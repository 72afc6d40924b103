"""The applicant among others, with a real model: who they are, what is said, and whom nobody gets to see."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Branch, User
from applications.models import Applicant, Application, PersonalDataRead
from common import jobs
from common.actors import SYSTEM
from decisions.models import Decision
from explanations.reference import comparable, main_features
from scoring import registry
from scoring.models import ModelVersion, Score
from scoring.services import score_create
from tests.factories.accounts import UserFactory
from tests.factories.applications import ApplicantFactory, ApplicationFactory, credit_file
from tests.factories.scoring import ScoreFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
SignIn = Callable[[User], Client]
MOST_QUERIES = 12
INCOME, CREDIT, JOB, SCORE = "AMT_INCOME_TOTAL", "AMT_CREDIT", "NAME_INCOME_TYPE", "EXT_SOURCE_2"


@pytest.fixture
def scored(champion: ModelVersion, branch: Branch) -> Application:
    application = ApplicationFactory(applicant=ApplicantFactory(branch=branch), file=credit_file())
    score_create(application=application, actor=SYSTEM)
    jobs.run_all_here(lambda _done: None)
    return application


def grant(score: Score, people: int, **features: float) -> list[Decision]:
    """As many others, granted after the same model; their values rise by 1 from person to person."""
    granted = []
    officer = UserFactory()
    for place in range(people):
        application = ApplicationFactory(applicant=ApplicantFactory())
        values = {name: start + place for name, start in features.items()}
        other = ScoreFactory(
            application=application, model_version=score.model_version, policy=score.policy, features=values
        )
        granted.append(
            Decision.objects.create(application=application, score=other, outcome="approve", decided_by=officer)
        )
    return granted


def ask(client: Client, application: Application, **asked: str) -> Any:
    return client.get(reverse("decisions:case-comparison", args=[application.id]), asked)


def rows_of(response: Any) -> dict[str, Any]:
    return {row.key: row for row in response.context["comparison"].rows}


def test_place_among_all_is_the_share_of_the_models_reference(
    signed_in: SignIn, officer: User, scored: Application, is_strict: Any
) -> None:
    response = ask(signed_in(officer), scored, x=INCOME, group="all")
    assert response.status_code == 200
    is_strict(response)
    score = scored.scores.get()
    model = registry.load(score.model_version)
    values = model.reference[INCOME].to_numpy(dtype=float)
    own = score.features[INCOME]
    below, above = (values < own).mean(), (values > own).mean()
    word = "Higher" if below >= above else "Lower"
    expected = f"{word} than for {round(max(below, above) * 100)}"
    assert rows_of(response)["all"].sentence.startswith(expected)
    assert rows_of(response)["all"].people == f"{len(values):,}"


def test_similar_are_a_tenth_and_nearer_than_the_others(signed_in: SignIn, officer: User, scored: Application) -> None:
    score = scored.scores.get()
    model = registry.load(score.model_version)
    main = next(
        each for each in main_features(model) if each.dtype == "numeric" and score.features[each.name] is not None
    )
    crowds = ask(signed_in(officer), scored, x=main.name, group="similar").context["comparison"].crowds
    assert crowds["similar"].people == round(len(model.reference) / 10)
    own = score.features[main.name]
    distance = {key: np.nanmean(np.abs(crowds[key].columns[main.name] - own)) for key in ("similar", "all")}
    assert distance["similar"] < distance["all"]


def test_applicants_under_the_cutoff_are_those_of_the_reference(
    signed_in: SignIn, officer: User, scored: Application
) -> None:
    score = scored.scores.get()
    probability = registry.load(score.model_version).reference["probability_of_default"]
    crowds = ask(signed_in(officer), scored, x=INCOME).context["comparison"].crowds
    assert crowds["approvable"].people == int((probability <= score.cutoff).sum())


def test_granted_applicants_are_shown_from_ten_on(signed_in: SignIn, officer: User, scored: Application) -> None:
    score = scored.scores.get()
    own = score.features[INCOME]
    client = signed_in(officer)
    grant(score, 9, **{INCOME: own - 4})
    nine = ask(client, scored, x=INCOME, group="granted")
    assert "Fewer than 10 people" in rows_of(nine)["granted"].sentence
    assert "The picture shows all applicants" in nine.content.decode()
    grant(score, 1, **{INCOME: own - 4})
    ten = ask(client, scored, x=INCOME, group="granted")
    assert rows_of(ten)["granted"].people == "10"
    # five of ten are under the applicant, four over, one is equal
    assert rows_of(ten)["granted"].sentence.startswith("Higher than for 50")


def test_nobody_elses_name_or_reference_is_on_the_page(signed_in: SignIn, officer: User, scored: Application) -> None:
    granted = grant(scored.scores.get(), 12, **{INCOME: 1000.0, CREDIT: 2000.0})
    text = ask(signed_in(officer), scored, x=INCOME, y=CREDIT, group="granted").content.decode()
    for decision in granted:
        assert decision.application.reference not in text
        assert decision.application.applicant.last_name not in text
        assert str(decision.application.id) not in text


def test_erased_people_other_models_refusals_and_the_applicant_do_not_count(
    signed_in: SignIn, officer: User, scored: Application
) -> None:
    score = scored.scores.get()
    decisions = grant(score, 12, **{INCOME: 1000.0})
    erased = decisions[0].application.applicant_id
    Applicant.objects.filter(id=erased).update(
        erased_at=timezone.now(), birth_date=None, first_name="", last_name="", email_encrypted=None
    )
    own = ApplicationFactory(applicant=scored.applicant)
    own_score = ScoreFactory(application=own, model_version=score.model_version, policy=score.policy, features={})
    Decision.objects.create(application=own, score=own_score, outcome="approve", decided_by=officer)
    elsewhere = ApplicationFactory()
    Decision.objects.create(
        application=elsewhere, score=ScoreFactory(application=elsewhere), outcome="approve", decided_by=officer
    )
    assert rows_of(ask(signed_in(officer), scored, x=INCOME, group="granted"))["granted"].people == "11"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(("x", "y"), [(INCOME, CREDIT), (INCOME, JOB), (JOB, SCORE), ("DAYS_EMPLOYED", SCORE)])
def test_any_two_features_have_a_picture_a_sentence_and_a_table(
    signed_in: SignIn, officer: User, scored: Application, is_strict: Any, language: str, x: str, y: str
) -> None:
    User.objects.filter(pk=officer.pk).update(language=language)
    response = ask(signed_in(officer), scored, x=x, y=y, group="all")
    is_strict(response)
    text = response.content.decode()
    assert text.count("data-figure=") == 2
    assert text.count('role="img" aria-label="') == 2
    assert not re.search(r"\bnan\b|\bNone\b|AMT_|EXT_|NAME_", re.sub(r'(value|name|id|for|href)="[^"]*"', "", text))
    scatter = response.context["scatter"]
    shares = [cell.rstrip("\xa0%") for row in scatter.cross for cell in row[1:]]
    assert sum(int(share) for share in shares) == pytest.approx(100, abs=2)


def test_feature_beside_itself_is_one_feature(signed_in: SignIn, officer: User, scored: Application) -> None:
    assert ask(signed_in(officer), scored, x=INCOME, y=INCOME).content.decode().count("data-figure=") == 1


def test_every_feature_of_the_model_can_be_compared(signed_in: SignIn, officer: User, scored: Application) -> None:
    client = signed_in(officer)
    model = registry.load(scored.scores.get().model_version)
    for feature in comparable(model)[::7]:
        response = ask(client, scored, x=feature.name, group="similar")
        assert response.status_code == 200, feature.name
        assert len(response.context["comparison"].shares) == response.context["comparison"].bins.count


def test_age_is_not_compared(signed_in: SignIn, officer: User, scored: Application) -> None:
    assert ask(signed_in(officer), scored, x="DAYS_BIRTH").status_code == 404


@pytest.mark.parametrize("asked", [{"x": "no_such"}, {"y": "no_such"}, {"group": "friends"}, {"x": "\x00"}])
def test_what_does_not_exist_is_not_found(
    signed_in: SignIn, officer: User, scored: Application, asked: dict[str, str]
) -> None:
    assert ask(signed_in(officer), scored, **asked).status_code == 404


def test_fragment_is_the_same_without_the_frame(signed_in: SignIn, officer: User, scored: Application) -> None:
    address = reverse("decisions:case-comparison", args=[scored.id])
    fragment = signed_in(officer).get(address, {"x": INCOME}, headers={"HX-Request": "true"}).content.decode()
    assert fragment.lstrip().startswith('<div id="comparison"')
    assert "<html" not in fragment


def test_another_branchs_case_is_unknown_and_another_role_is_refused(
    signed_in: SignIn, stranger: User, risk: User, scored: Application
) -> None:
    assert ask(signed_in(stranger), scored).status_code == 404
    assert ask(signed_in(risk), scored).status_code == 403


def test_case_without_a_score_has_nothing_to_compare(signed_in: SignIn, officer: User, branch: Branch) -> None:
    case = ApplicationFactory(applicant=ApplicantFactory(branch=branch))
    response = ask(signed_in(officer), case)
    assert response.headers["Location"] == reverse("decisions:case-detail", args=[case.id])


def test_page_stays_within_its_queries_and_records_who_read(
    signed_in: SignIn, officer: User, scored: Application
) -> None:
    grant(scored.scores.get(), 15, **{INCOME: 1000.0})
    client = signed_in(officer)
    before = PersonalDataRead.objects.count()
    with CaptureQueriesContext(connection) as captured:
        assert ask(client, scored, x=INCOME, y=CREDIT, group="granted").status_code == 200
    assert len(captured.captured_queries) <= MOST_QUERIES
    assert PersonalDataRead.objects.count() == before + 1


def test_case_page_says_how_much_each_reason_usually_weighs(
    signed_in: SignIn, officer: User, scored: Application, is_strict: Any
) -> None:
    response = signed_in(officer).get(reverse("decisions:case-detail", args=[scored.id]))
    is_strict(response)
    usual = registry.load(scored.scores.get().model_version).reason_importance
    lines = [*response.context["reasons"], *response.context["minor_reasons"]]
    assert {line.group.reason_code: line.usual for line in lines if line.usual is not None}
    assert all(line.usual == usual.get(line.group.reason_code) for line in lines)
    assert "Usually" in response.content.decode()
