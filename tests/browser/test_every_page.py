"""Every page in Chromium, in both languages: accessible, not wider than a telephone, without a complaint.

With SCREENS=folder the pages are kept there as pictures (`make screens`).
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from scoring.models import ModelVersion
from tests.browser.conftest import listen
from tests.browser.world import World, build_world
from tests.contract.doors import DOORS, ROLES

# answers that are no page: for machines, parts that a page fetches, files that are downloaded
NOT_PAGES = {
    *("health-live", "health-ready"),
    *("decisions:letter-state", "decisions:contest-letter-state"),
    *("decisions:letter-read", "decisions:contest-letter-read", "applications:document-read"),
    *("scoring:batch-file", "monitoring:report-raw", "monitoring:model-card-markdown"),
    "monitoring:model-card",  # a document of its own: test_model_card.py
}
PAGES = [name for name, door in DOORS.items() if door.get and name not in NOT_PAGES]
# what reaches over the right edge where the page as a whole can be scrolled sideways
OVERFLOWING = """
(document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
  [...document.querySelectorAll("main *")].filter(each => each.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 4).map(each => each.tagName + "." + each.className))
"""
# what the door's own thing would lead away from
SHOWN_WITH = {"decisions:contest-new": "declined"}
SCREENS = os.environ.get("SCREENS")
TALLEST = 1_600


@pytest.fixture
def world(champion: ModelVersion, file_stores: None, tmp_path: Path) -> World:
    return build_world(champion, tmp_path)


def test_every_page_is_accessible_and_fits_in_both_languages(
    live_server: Any,
    browser: Any,
    sign_in: Callable[[Any, User], None],
    violations: Callable[[Any], list[str]],
    world: World,
) -> None:
    """One world for both: to make it takes as long as to walk through it."""
    pages, heard, wrong = {}, {}, []
    for language in ("en", "fr"):
        User.objects.update(language=language)
        for name in PAGES:
            role = next(role for role in ROLES if role in DOORS[name].get)
            if role not in pages:
                pages[role] = browser.new_page(viewport={"width": 1280, "height": 900})
                heard[role] = listen(pages[role], live_server.url)
                sign_in(pages[role], world.people[role])
            of = SHOWN_WITH.get(name, DOORS[name].of)
            page, address = pages[role], reverse(name, args=world.places[of])
            answer = page.goto(live_server.url + address)
            assert (answer.status, page.url) == (200, live_server.url + address), name
            assert page.get_attribute("html", "lang") == language, name
            _keep(page, name, language)
            found = (*violations(page), *_too_wide(page), *heard[role])
            wrong += [f"{name} ({language}): {words}" for words in found]
            heard[role].clear()
    assert not wrong, "\n".join(wrong)


def _too_wide(page: Any) -> list[str]:
    """At 320 px, which is also what 1280 px are at 400 % zoom; charts take a moment to follow."""
    page.set_viewport_size({"width": 320, "height": 800})
    for _wait in range(20):
        over = page.evaluate(OVERFLOWING)
        if not over:
            break
        page.wait_for_timeout(100)
    page.set_viewport_size({"width": 1280, "height": 900})
    return [f"wider than 320 px: {over}"] if over else []


def _keep(page: Any, name: str, language: str) -> None:
    if SCREENS:
        path = Path(SCREENS) / language / f"{name.replace(':', '-')}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        tall = page.evaluate("document.documentElement.scrollHeight")
        shown = {"x": 0, "y": 0, "width": 1280, "height": min(tall, TALLEST)}
        page.screenshot(path=str(path), full_page=True, clip=shown, type="jpeg", quality=50)
