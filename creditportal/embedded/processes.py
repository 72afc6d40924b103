"""Processes are known by number and start time together: a number alone may belong to a stranger by now."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from creditportal.embedded.layout import read_json, write_json

MARK = "PORTAL_INSTANCE"
LOG_BYTES = 20_000_000


@dataclass(frozen=True)
class ProcessRecord:
    name: str
    pid: int
    created: float

    def find(self) -> psutil.Process | None:
        """The very process that was recorded, when it still runs."""
        try:
            process = psutil.Process(self.pid)
            alive = process.is_running() and process.status() != psutil.STATUS_ZOMBIE
            # a clock that was set meanwhile moves start times by less than a number takes to come round
            same = abs(process.create_time() - self.created) < 2
        except psutil.Error:
            return None
        return process if alive and same else None


def record(name: str, pid: int) -> ProcessRecord:
    return ProcessRecord(name, pid, psutil.Process(pid).create_time())


def launch(
    command: Sequence[str], *, log: Path, environment: Mapping[str, str], options: dict[str, Any] | None = None
) -> subprocess.Popen[bytes]:
    """Start in a session of its own, so that a Ctrl-C reaches the supervisor only."""
    log.parent.mkdir(parents=True, exist_ok=True)
    rotate(log)
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
            **(options or {}),
        )


def rotate(log: Path, limit: int = LOG_BYTES) -> None:
    """Keep one earlier log. Copy and cut, because the writer keeps the file open."""
    if log.exists() and log.stat().st_size > limit:
        log.with_suffix(".1.log").write_bytes(log.read_bytes()[-limit:])
        os.truncate(log, 0)


def stop(process: psutil.Process, *, how: signal.Signals, grace: float) -> bool:
    """Ask, wait, then force the whole group; returns whether asking was enough."""
    group = _group(process.pid)
    with contextlib.suppress(psutil.Error):
        process.send_signal(how)
        process.resume()  # a stopped process would never hear it
    willing = wait_gone(process, grace)
    for member in [process, *group]:
        with contextlib.suppress(psutil.Error):
            if member.is_running():
                member.kill()
    wait_gone(process, 5)
    return willing


def wait_gone(process: psutil.Process, seconds: float) -> bool:
    """Poll instead of wait(): the child of a dead parent cannot be waited for, and a zombie is gone."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.Error:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)


def marked(instance: str) -> Iterator[psutil.Process]:
    """Processes of this installation that no record names, such as the children of a killed master."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == instance:
                yield process


def end_group(leader: int, instance: str) -> None:
    """What a killed master leaves in its process group; the mark keeps strangers out, should the number be reused."""
    for process in list(marked(instance)):
        with contextlib.suppress(psutil.Error, OSError):
            if os.getpgid(process.pid) == leader:
                process.kill()


def _group(leader: int) -> list[psutil.Process]:
    members = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != leader and os.getpgid(process.pid) == leader:
                members.append(process)
    return members


class Register:
    """The processes of an installation, on disk, so that the next start finds what a crash left."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def records(self) -> list[ProcessRecord]:
        return [ProcessRecord(**entry) for entry in read_json(self.path).get("processes", [])]

    def put(self, entry: ProcessRecord) -> None:
        self._write([other for other in self.records() if other.name != entry.name] + [entry])

    def remove(self, name: str) -> None:
        self._write([other for other in self.records() if other.name != name])

    def _write(self, entries: list[ProcessRecord]) -> None:
        write_json(self.path, {"processes": [asdict(entry) for entry in entries]})
