import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from creditportal.embedded import processes
from creditportal.embedded.processes import MARK, ProcessRecord, Register

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
IGNORE = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
DEAF = [sys.executable, "-c", IGNORE]


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(SLEEP, start_new_session=True) as process:
        yield process
        process.kill()


def test_recorded_process_is_found_again(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    register = Register(tmp_path / "processes.json")
    register.put(processes.record("web", sleeper.pid))
    found = register.records()[0].find()
    assert found
    assert found.pid == sleeper.pid


def test_stranger_with_the_same_number_is_not_found(sleeper: subprocess.Popen[bytes]) -> None:
    created = psutil.Process(sleeper.pid).create_time()
    assert ProcessRecord("web", sleeper.pid, created - 3600).find() is None


def test_stop_asks_first(sleeper: subprocess.Popen[bytes]) -> None:
    assert processes.stop(psutil.Process(sleeper.pid), how=signal.SIGTERM, grace=10)
    assert sleeper.wait(5) == -signal.SIGTERM


def test_stop_forces_a_process_that_does_not_listen() -> None:
    with subprocess.Popen(DEAF, stdout=subprocess.PIPE, start_new_session=True) as deaf:
        assert deaf.stdout
        deaf.stdout.readline()
        assert not processes.stop(psutil.Process(deaf.pid), how=signal.SIGTERM, grace=0.2)
        assert deaf.wait(5) == -signal.SIGKILL


def test_stop_hears_a_frozen_process(sleeper: subprocess.Popen[bytes]) -> None:
    os.kill(sleeper.pid, signal.SIGSTOP)
    assert processes.stop(psutil.Process(sleeper.pid), how=signal.SIGTERM, grace=10)


def test_only_marked_processes_are_ours() -> None:
    environment = dict(os.environ) | {MARK: "instance-of-this-test"}
    with subprocess.Popen(SLEEP, env=environment) as ours, subprocess.Popen(SLEEP) as stranger:
        found = {process.pid for process in processes.marked("instance-of-this-test")}
        ours.kill()
        stranger.kill()
    assert found == {ours.pid}


def test_log_that_grew_large_is_cut_and_kept_once(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("x" * 100)
    processes.rotate(log, limit=50)
    assert log.read_text() == ""
    assert (tmp_path / "web.1.log").stat().st_size == 50
