"""One current score per file, model and policy, also when an earlier champion returns."""

import pytest

from applications.models import Application
from applications.services import credit_file_add
from common import jobs
from common.actors import SYSTEM
from common.errors import Conflict
from explanations.models import Explanation
from scoring.models import Policy, Score
from scoring.selectors import current_score
from scoring.services import score_create
from tests.factories.applications import ApplicationFactory, credit_file
from tests.factories.scoring import ScoreFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def application() -> Application:
    return ApplicationFactory()


def test_same_file_model_and_policy_give_the_same_score(champion, application):
    first = score_create(application=application, actor=SYSTEM)
    assert score_create(application=application, actor=SYSTEM) == first


def test_new_policy_gives_a_new_score(champion, application):
    first = score_create(application=application, actor=SYSTEM)
    Policy.objects.create(product=champion.product, version=2, cutoff=0.5)
    second = score_create(application=application, actor=SYSTEM)
    assert second != first
    assert second.cutoff == 0.5


def test_champion_that_returns_scores_again(champion, application):
    first = score_create(application=application, actor=SYSTEM)
    interim = ScoreFactory(application=application)
    again = score_create(application=application, actor=SYSTEM)
    assert again not in (first, interim)
    assert current_score(application) == again
    assert again.probability_of_default == first.probability_of_default


def test_new_file_makes_the_earlier_score_stale(champion, application):
    old_file = application.latest_file
    score_create(application=application, actor=SYSTEM)
    credit_file_add(
        application=application,
        file=credit_file(AMT_CREDIT=90_000),
        source="portal",
        actor=SYSTEM,
        score_later=False,
    )
    assert current_score(application) is None
    with pytest.raises(Conflict):
        score_create(application=application, actor=SYSTEM, credit_file=old_file)


def test_explanation_adds_up_and_names_its_categories(champion, application):
    score = score_create(application=application, actor=SYSTEM)
    jobs.run_all_here(lambda _done: None)
    explanation = Explanation.objects.get(score=score)
    total = explanation.base_value + sum(row["contribution"] for row in explanation.contributions)
    assert total == pytest.approx(score.raw_margin, abs=1e-9)
    by_feature = {row["feature"]: row for row in explanation.contributions}
    assert by_feature["NAME_INCOME_TYPE"]["category"] == "Working"
    assert by_feature["AMT_CREDIT"]["category"] is None
    assert Score.objects.count() == 1
