"""A command beside the portal ends as it would alone: its status reaches whoever called."""

import os
import sys
from pathlib import Path

import pytest

from creditportal.embedded.errors import StartError
from creditportal.embedded.layout import Layout
from creditportal.serve import __main__ as serve
from creditportal.serve.portal import Portal
from creditportal.serve.progress import Progress


@pytest.fixture
def portal(tmp_path: Path) -> Portal:
    made = Portal(Layout(tmp_path), Progress(), "")
    made.environment = dict(os.environ)
    return made


def test_success_says_nothing(portal: Portal) -> None:
    portal.run_to_end([sys.executable, "-c", ""], shown=True)


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        ([sys.executable, "-c", "raise SystemExit(3)"], 3, "`-c raise SystemExit(3)` failed with status 3."),
        (["sh", "-c", "kill -9 $$"], 137, "`sh -c` failed with status 137."),
        (["false"], 1, "`false` failed with status 1."),
        (["no-such-command"], 127, "`no-such-command` cannot be run: No such file or directory."),
    ],
)
def test_failure_keeps_the_status_a_shell_would_tell(
    portal: Portal, command: list[str], status: int, words: str
) -> None:
    with pytest.raises(StartError) as raised:
        portal.run_to_end(command, shown=True)
    assert (raised.value.status, str(raised.value)) == (status, words)


def test_preparation_that_fails_shows_its_log(portal: Portal) -> None:
    with pytest.raises(StartError, match="said before it failed"):
        portal.run_to_end(["sh", "-c", "echo said before it failed; exit 2"])


def test_servers_without_a_command_are_not_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["serve", "with-servers"])
    with pytest.raises(SystemExit, match="2"):
        serve.main()
    assert "with-servers -- COMMAND" in capsys.readouterr().err
