"""The model card as Chromium sees it: drawn in its frame, without any right, without a call to anywhere."""

import os
import shutil

import pytest
from django.urls import reverse

from tests.factories.accounts import PASSWORD, UserFactory

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


def test_card_is_drawn_and_calls_nobody(live_server, champion):
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
        page.goto(live_server.url + reverse("monitoring:model-detail", args=[champion.version]))
        frame = page.frame_locator("iframe.report-frame")
        frame.get_by_role("heading", name="Fairness").wait_for(timeout=30_000)
        assert frame.locator("#roc svg").bounding_box()["height"] > 150
        frame.get_by_role("link", name="Fairness").click()
        frame.locator("#roc summary").click()
        assert frame.locator("#roc table").is_visible()
        for width in (1280, 400):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            inside = frame.locator("html").evaluate("page => [page.scrollWidth, page.clientWidth]")
            assert inside[0] <= inside[1]
    assert [call for call in calls if not call.startswith((live_server.url, "data:"))] == []
    # the card has no script: what is blocked is the test's own way of asking the frame
    assert [text for text in complaints if not text.startswith("Blocked script execution")] == []
