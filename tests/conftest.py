"""What holds for every test: no network but this machine, no undefined template variable."""

from collections.abc import Iterator
from typing import Any

import pgtrigger
import pytest
from django.template import engines
from django.test import TransactionTestCase

from tests.fixtures_ledger import ledger_store  # noqa: F401
from tests.fixtures_model import (  # noqa: F401
    bundle_copy,
    champion,
    histories_bundle,
    histories_champion,
    synthetic_tables,
    trained_bundle,
)

LOCAL = ["127.0.0.1", "::1", "localhost"]
# tests that share what is dear to build: a portal, a backup, a model that was learnt from all tables
ON_ONE_WORKER = {
    "tests/faults/test_run_and_stop.py": "portal",
    "tests/faults/test_backup.py": "backup",
    "tests/golden/test_model_with_histories.py": "histories",
    "tests/integration/pages/test_histories.py": "histories",
}


def pytest_configure(config: pytest.Config) -> None:
    config.option.disable_socket = True
    config.option.allow_unix_socket = True
    config.option.allow_hosts = ",".join(LOCAL)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long starts first: a worker that meets a test of minutes at the end works on alone."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        """``xdist_group`` has no effect with pytest 9.2: https://github.com/pytest-dev/pytest-xdist/issues/1386"""

        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            return ON_ONE_WORKER.get(path, nodeid)

    return Scheduling(config, log)


@pytest.fixture(autouse=True, scope="session")
def _records_can_be_emptied_between_tests() -> Iterator[None]:
    """Tests that commit are cleaned by truncating, which the triggers of records refuse to everybody else."""
    empty = TransactionTestCase._fixture_teardown

    def empty_without_triggers(case: TransactionTestCase) -> None:
        with pgtrigger.ignore():
            empty(case)

    TransactionTestCase._fixture_teardown = empty_without_triggers  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = empty  # type: ignore[method-assign]


class UndefinedVariable(str):
    """Rendered by Django in place of a variable that a template names but nobody gave."""

    __slots__ = ()

    def __contains__(self, _key: Any) -> bool:
        return True

    def __mod__(self, name: Any) -> str:
        pytest.fail(f"undefined template variable: {name}")


@pytest.fixture(autouse=True)
def _tests_do_not_share_caches() -> Iterator[None]:
    from django.core.cache import cache

    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _tests_do_not_share_a_language() -> Iterator[None]:
    """A request leaves the language of its person active in the thread."""
    from django.utils import translation

    translation.activate("en")
    yield
    translation.deactivate()


@pytest.fixture
def strict_templates() -> Iterator[None]:
    """Ask for it in tests of our own pages; the templates of the admin and of allauth rely on leniency."""
    engine = engines["django"].engine
    engine.string_if_invalid = UndefinedVariable("%s")
    yield
    engine.string_if_invalid = ""
