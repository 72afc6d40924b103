import subprocess
import sys
from pathlib import Path

import pytest

from creditportal.embedded.errors import StartError
from creditportal.serve.child import TRIES, WINDOW, Child


def child() -> Child:
    def launch() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])

    return Child("worker", launch, Path("worker.log"))


def test_pauses_grow_and_then_it_gives_up() -> None:
    one = child()
    assert [one.plan_again(now=float(second)) for second in range(TRIES)] == [1, 2, 4, 8, 16]
    with pytest.raises(StartError, match="worker ended 6 times within 120 s"):
        one.plan_again(now=float(TRIES))


def test_deaths_long_ago_are_forgiven() -> None:
    one = child()
    for second in range(TRIES):
        one.plan_again(now=float(second))
    assert one.plan_again(now=WINDOW * 2) == 1


def test_it_says_how_it_ended() -> None:
    one = child()
    one.process = one.launch()
    one.process.wait(10)
    assert one.has_ended()
    assert one.how_it_ended() == "ended with status 3"
