"""An officer's morning in Chromium: sign in, see reasons appear, decline one case, approve another, find both again."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.urls import reverse

from accounts.models import User
from applications.models import Application
from common import jobs
from common.models import Job, JobState
from decisions.models import Decision
from explanations import tasks as explanation_tasks  # noqa: F401  registers what executes the jobs
from scoring import tasks as scoring_tasks  # noqa: F401
from tests.factories.accounts import PASSWORD, BranchFactory, UserFactory
from tests.factories.applications import ApplicantFactory, ApplicationFactory, credit_file

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    # the driver keeps an event loop in this thread; the test itself stays synchronous
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with playwright.sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()
        # what was opened while the loop ran belongs to its context and would outlive the test
        connections.close_all()


@pytest.fixture
def complaints(page: Any, live_server: Any) -> list[str]:
    """What the browser had to say, and every call to anywhere else."""
    heard: list[str] = []
    own = (live_server.url, "data:", "blob:")
    page.on("request", lambda request: request.url.startswith(own) or heard.append(request.url))
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


@pytest.fixture
def officer(db: None) -> User:
    return UserFactory(branch=BranchFactory(name="Lyon Part-Dieu"))


@pytest.fixture
def cases(champion: Any, officer: User, monkeypatch: pytest.MonkeyPatch) -> list[Application]:
    """Two scored cases whose reasons nobody has computed yet: the first over the cutoff, the second under it."""
    monkeypatch.setattr("common.jobs.nudge", lambda job_id: None)
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


def sign_in(page: Any, url: str, user: User) -> None:
    page.goto(url + reverse("account_login"))
    page.fill("input[name=login]", user.username)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(url + reverse("decisions:home"))


def check_accessible(page: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = axe.Axe().run(page).response["violations"]
    assert not found, [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]


def decide(page: Any, case: Application, outcome: str, url: str) -> None:
    page.goto(url + reverse("decisions:case-detail", args=[case.id]))
    page.check(f"input[name=outcome][value={outcome}]")
    page.click("#decide button[type=submit]")
    check_accessible(page)
    page.click("main form button[value=confirmed]")


def test_officer_declines_one_case_and_approves_another(
    live_server: Any, page: Any, complaints: list[str], officer: User, cases: list[Application]
) -> None:
    url, (first, second) = live_server.url, cases
    sign_in(page, url, officer)
    page.goto(url + reverse("decisions:case-queue"))
    page.get_by_role("link", name=first.reference).click()
    page.get_by_text("The reasons are being computed").wait_for()
    assert page.locator("input[name=outcome]").count() == 0
    run_jobs("explain_score")
    page.locator("[data-chart-body] svg").first.wait_for(timeout=15_000)
    check_accessible(page)
    decide(page, first, "decline", url)
    page.get_by_text("This page is its receipt").wait_for()
    sent = [reason["text"]["en"] for reason in Decision.objects.get().reasons]
    assert sent
    assert page.locator("section[aria-labelledby=why] li").all_inner_texts() == sent
    decide(page, second, "approve", url)
    page.goto(url + reverse("decisions:decision-list"))
    rows = page.locator("tbody tr").all_inner_texts()
    assert len(rows) == 2
    assert "Approved" in rows[0]
    assert "Declined" in rows[1]
    assert complaints == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_is_accessible(
    live_server: Any, page: Any, complaints: list[str], officer: User, cases: list[Application], language: str
) -> None:
    run_jobs("explain_score")
    User.objects.filter(pk=officer.pk).update(language=language)
    sign_in(page, live_server.url, officer)
    names = ("decisions:home", "decisions:case-queue", "decisions:decision-list", "applications:application-list")
    addresses = [reverse(name) for name in (*names, "applications:applicant-list", "applications:application-new")]
    addresses += [
        reverse(f"{room}-detail", args=[cases[0].id]) for room in ("decisions:case", "applications:application")
    ]
    for address in addresses:
        page.goto(live_server.url + address)
        check_accessible(page)
        page.set_viewport_size({"width": 320, "height": 800})
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{address} is wider than 320 px"
        page.set_viewport_size({"width": 1280, "height": 900})
    assert complaints == []


def test_officer_decides_with_the_keyboard_and_without_javascript(
    live_server: Any, page: Any, officer: User, cases: list[Application]
) -> None:
    run_jobs("explain_score")
    plain = page.context.browser.new_context(java_script_enabled=False).new_page()
    sign_in(plain, live_server.url, officer)
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
