"""A refused case, its contest as recorded, and the same taken by a senior."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from applications.models import Application
from decisions import tasks  # noqa: F401  registers what executes the jobs
from decisions.contests.services import contest_create, contest_take
from decisions.models import Contest, Decision
from decisions.services import DecisionInput, decision_create

VIEW = "My new employer pays me twice as much; I enclose the contract."
TEXT = "Your new contract began after the application.\nYou may apply again with it."


@pytest.fixture
def decision(case: Application, officer: User) -> Decision:
    made = decision_create(application=case, data=data_for(case, "decline"), user=officer)
    assert isinstance(made, Decision)
    return made


@pytest.fixture
def contest(decision: Decision, officer: User) -> Contest:
    return contest_create(application=decision.application, view=VIEW, received_on=timezone.localdate(), user=officer)


@pytest.fixture
def taken(contest: Contest, senior: User) -> Contest:
    return contest_take(contest=contest, user=senior)


def data_for(case: Application, outcome: str, **more: Any) -> DecisionInput:
    codes = ["external_score"] if outcome == "decline" else []
    return DecisionInput(score_id=case.scores.latest("id").id, outcome=outcome, reason_codes=codes, **more)


def status_of(case: Application) -> str:
    return Application.objects.get(id=case.id).status
