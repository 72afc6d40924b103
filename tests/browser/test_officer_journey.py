"""An officer's morning in Chromium: sign in, see reasons appear, decline one case, approve another, find both again."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from applications.models import Application
from common import jobs
from common.models import Job, JobState
from decisions.models import Decision
from explanations import tasks as explanation_tasks  # noqa: F401  registers what executes the jobs
from scoring import tasks as scoring_tasks  # noqa: F401
from tests.factories.accounts import BranchFactory, UserFactory
from tests.factories.applications import ApplicantFactory, ApplicationFactory, credit_file

SignIn = Callable[[Any, User], None]
Check = Callable[[Any], None]


@pytest.fixture
def officer(db: None) -> User:
    return UserFactory(branch=BranchFactory(name="Lyon Part-Dieu"))


@pytest.fixture
def cases(champion: Any, officer: User, monkeypatch: pytest.MonkeyPatch) -> list[Application]:
    """Two scored cases whose reasons nobody has computed yet: the first over the cutoff, the second under it."""
    monkeypatch.setattr("common.jobs.nudge", lambda job_id, kind: None)
    made = [
        ApplicationFactory(
            applicant=ApplicantFactory(branch=officer.branch, last_name=name),
            file=credit_file(EXT_SOURCE_1=external, EXT_SOURCE_2=external, EXT_SOURCE_3=external),
            score_later=True,
        )
        for name, external in (("Albertini", 0.02), ("Lefèvre", 0.8))
    ]
    run_jobs("score_application")
    assert [case.scores.get().is_over_cutoff for case in made] == [True, False]
    return made


def run_jobs(kind: str) -> None:
    for job in Job.objects.filter(kind=kind, state=JobState.QUEUED):
        assert jobs.run(job.id) == JobState.DONE


def decide(page: Any, case: Application, outcome: str, url: str, check_accessible: Check) -> None:
    page.goto(url + reverse("decisions:case-detail", args=[case.id]))
    page.check(f"input[name=outcome][value={outcome}]")
    page.click("#decide button[type=submit]")
    check_accessible(page)
    page.click("main form button[value=confirmed]")


def test_officer_declines_one_case_and_approves_another(
    live_server: Any,
    page: Any,
    complaints: list[str],
    officer: User,
    cases: list[Application],
    sign_in: SignIn,
    check_accessible: Check,
) -> None:
    url, (first, second) = live_server.url, cases
    sign_in(page, officer)
    page.goto(url + reverse("decisions:case-queue"))
    page.get_by_role("link", name=first.reference).click()
    page.get_by_text("The reasons are being computed").wait_for()
    assert page.locator("input[name=outcome]").count() == 0
    run_jobs("explain_score")
    page.locator("[data-chart-body] svg").first.wait_for(timeout=15_000)
    check_accessible(page)
    decide(page, first, "decline", url, check_accessible)
    page.get_by_text("This page is its receipt").wait_for()
    sent = [reason["text"]["en"] for reason in Decision.objects.get().reasons]
    assert sent
    assert page.locator("section[aria-labelledby=why] li").all_inner_texts() == sent
    decide(page, second, "approve", url, check_accessible)
    page.goto(url + reverse("decisions:decision-list"))
    rows = page.locator("tbody tr").all_inner_texts()
    assert len(rows) == 2
    assert "Approved" in rows[0]
    assert "Declined" in rows[1]
    assert complaints == []


def test_officer_decides_with_the_keyboard_and_without_javascript(
    live_server: Any, page: Any, officer: User, cases: list[Application], sign_in: SignIn
) -> None:
    run_jobs("explain_score")
    plain = page.context.browser.new_context(java_script_enabled=False).new_page()
    sign_in(plain, officer)
    plain.goto(live_server.url + reverse("decisions:case-detail", args=[cases[1].id]))
    plain.focus("input[name=outcome][value=approve]")
    plain.keyboard.press("Space")
    plain.focus("#decide button[type=submit]")
    plain.keyboard.press("Enter")
    plain.get_by_role("heading", name="Confirm the decision").wait_for()
    plain.focus("main form button[value=confirmed]")
    plain.keyboard.press("Enter")
    plain.get_by_text("This page is its receipt").wait_for()
    assert Decision.objects.get().decided_by == officer
