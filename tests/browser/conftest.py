"""Chromium, a person who signs in, and what the browser complains about."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.urls import reverse

from accounts.models import User
from scoring.models import ModelVersion
from tests.browser.world import World, build_world
from tests.factories.accounts import PASSWORD

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"))


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    # the driver keeps an event loop in this thread; the test itself stays synchronous
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with playwright.sync_playwright() as browsers:
        chromium = browsers.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()
        # what was opened while the loop ran belongs to its context and would outlive the test
        connections.close_all()


@pytest.fixture
def page(browser: Any) -> Any:
    return browser.new_page(viewport={"width": 1280, "height": 900})


@pytest.fixture
def complaints(page: Any, live_server: Any) -> list[str]:
    """What the browser had to say, and every call to anywhere else."""
    return listen(page, live_server.url)


def listen(page: Any, url: str) -> list[str]:
    heard: list[str] = []
    own = (url, "data:", "blob:")
    page.on("request", lambda request: request.url.startswith(own) or heard.append(request.url))
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


@pytest.fixture
def sign_in(live_server: Any) -> Callable[[Any, User], None]:
    def enter(page: Any, user: User) -> None:
        page.goto(live_server.url + reverse("account_login"))
        page.fill("input[name=login]", user.username)
        page.fill("input[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url(live_server.url + reverse("decisions:home"))

    return enter


@pytest.fixture
def violations() -> Callable[[Any], list[str]]:
    """What axe finds on the page as it is now."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")

    def found(page: Any) -> list[str]:
        rules = axe.Axe().run(page).response["violations"]
        return [f"{rule['id']}: {node['html'][:160]}" for rule in rules for node in rule["nodes"]]

    return found


@pytest.fixture
def check_accessible(violations: Callable[[Any], list[str]]) -> Callable[[Any], None]:
    def check(page: Any) -> None:
        assert violations(page) == []

    return check


@pytest.fixture
def file_stores(tmp_path: Path, settings: Any) -> None:
    """What is stored as files goes to a folder of the test's own."""
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    names = ("batches", "documents", "exports")
    settings.STORAGES = settings.STORAGES | {
        name: storage | {"OPTIONS": {"location": str(tmp_path / name)}} for name in names
    }


@pytest.fixture
def world(champion: ModelVersion, file_stores: None) -> World:
    return build_world(champion)


@pytest.fixture
def open_page(live_server: Any, browser: Any, sign_in: Callable[[Any, User], None]) -> Callable[..., Any]:
    def enter(user: User, **context: Any) -> Any:
        page = browser.new_context(viewport={"width": 1280, "height": 900}, **context).new_page()
        sign_in(page, user)
        return page

    return enter


@pytest.fixture
def visit(live_server: Any, world: World) -> Callable[[Any, str], None]:
    def go(page: Any, name: str, of: str = "") -> None:
        page.goto(live_server.url + reverse(name, args=world.places[of]))

    return go
