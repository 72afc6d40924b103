"""The full report as Chromium sees it: drawn, in its frame, under the site's policy, without a call to anywhere."""

import os
import shutil

import pytest
from django.urls import reverse

from common import jobs
from common.actors import SYSTEM
from common.models import Job, JobState
from ml.synthetic import generate_applications
from monitoring import tasks  # noqa: F401  registers what executes the jobs
from monitoring.services import REPORT_JOB, monitoring_run_create_from_table
from tests.factories.accounts import PASSWORD, UserFactory

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def run(champion, tmp_path):
    path = tmp_path / "current.parquet"
    generate_applications(120, 11).drop(columns="TARGET").to_parquet(path)
    found = monitoring_run_create_from_table(product="home_credit", path=path, actor=SYSTEM)
    assert jobs.run(Job.objects.get(kind=REPORT_JOB, key=str(found.id)).id) == JobState.DONE
    return found


def test_report_is_drawn_and_calls_nobody(live_server, run):
    playwright = pytest.importorskip("playwright.sync_api")
    user = UserFactory(risk=True)
    calls, complaints = [], []
    with playwright.sync_playwright() as browsers:
        page = browsers.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]).new_page()
        page.on("request", lambda request: calls.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(live_server.url + reverse("account_login"))
        page.fill("input[name=login]", user.username)
        page.fill("input[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.goto(live_server.url + reverse("monitoring:report-detail", args=[run.id]))
        frame = page.frame_locator("iframe.report-frame")
        frame.get_by_text("Dataset Drift", exact=True).wait_for(timeout=30_000)
        assert frame.locator("svg").count() > 0
    assert [call for call in calls if not call.startswith((live_server.url, "data:", "blob:"))] == []
    assert complaints == []
