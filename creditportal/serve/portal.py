"""The whole portal on one machine: prepare, start, watch, end."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from creditportal.embedded.errors import StartError, with_log
from creditportal.embedded.layout import KEPT, Layout
from creditportal.embedded.processes import MARK, Register, end_group, launch, rotate
from creditportal.embedded.servers import GRACE, HOW, PAUSE, Servers, end
from creditportal.serve import commands, fingerprint
from creditportal.serve.child import Child
from creditportal.serve.fingerprint import Prepared
from creditportal.serve.progress import Progress

READY_SECONDS = 90
LOOK_EVERY = 0.5
ROTATE_EVERY = 60.0
UNFINISHED = "restore-unfinished"
KILLED, NOT_RUN = 128, 127  # as a shell tells them: killed by signal N is 128 + N


def refuse_unfinished(layout: Layout) -> None:
    if (layout.root / UNFINISHED).exists():
        raise unfinished(layout.root)


def unfinished(folder: Path) -> StartError:
    return StartError(f"A restore into {folder} did not end. `make stop`, remove that folder, then restore again.")


def _said(command: Sequence[str]) -> str:
    """The program and its first word: an interpreter in front says nothing."""
    words = command[1:] if len(command) > 1 and command[0] == sys.executable else command
    return " ".join([Path(words[0]).name, *words[1:2]])


class Portal:
    def __init__(self, layout: Layout, progress: Progress, url: str) -> None:
        self.layout, self.progress, self.url = layout, progress, url
        self.register = Register(layout.run / "processes.json")
        self.prepared = Prepared(layout)
        self.children: list[Child] = []
        self.environment: dict[str, str] = {}
        self.hurry = False
        self._rotated = time.monotonic()

    def start(self) -> None:
        self.prepare()
        self._collect_static()
        if os.environ.get("DEMO", "1") != "0":
            self.run_to_end(commands.manage("demo", "--url", self.url), shown=True)
        for name, command in (
            ("web", commands.web()),
            ("worker", commands.worker()),
            ("deliveries", commands.deliveries()),
            ("beat", commands.beat(self.layout.run / "beat-schedule")),
        ):
            self._bring_up(self._child(name, command))
        self.progress("web, worker, deliveries and beat started; waiting until the portal is ready")
        self._wait_ready()

    def watch(self) -> None:
        """Until a signal ends it; a StartError when a process cannot be kept alive."""
        while True:
            self.tend()
            time.sleep(LOOK_EVERY)

    def tend(self) -> None:
        for child in self.children:
            if child.again_at is None and child.has_ended():
                self._plan(child)
            elif child.due():
                self._start_again(child)
        if time.monotonic() - self._rotated > ROTATE_EVERY:
            self._rotated = time.monotonic()
            for child in self.children:
                rotate(child.log)

    def stop(self) -> None:
        """Those who use the servers end together, then the servers."""
        users = [child for child in self.children if child.ready is None]
        with ThreadPoolExecutor(max_workers=max(len(users), 1)) as pool:
            list(pool.map(self._stop_child, users))
        for child in reversed([child for child in self.children if child.ready is not None]):
            self._stop_child(child)
        for child in self.children:
            self.register.remove(child.name)

    def _stop_child(self, child: Child) -> None:
        if child.process is not None and not child.stop(hurry=self.hurry):
            self.progress(f"{child.name} did not end in time and was forced")

    def servers(self) -> None:
        """Only the servers, with the database as it is."""
        servers = Servers(self.layout, tell=self.progress)
        known = {name: value for name, value in servers.secrets.items() if name in KEPT}
        if not os.environ.get("DATABASE_URL"):
            if servers.prepare_postgres():
                self.prepared.forget()
            self._server(servers, "postgres")
        if not os.environ.get("REDIS_URL"):
            servers.prepare_valkey()
            self._server(servers, "valkey")
        self.environment = self._environment(known, servers)

    def _server(self, servers: Servers, name: str) -> None:
        launcher = {"postgres": servers.launch_postgres, "valkey": servers.launch_valkey}[name]
        ready = {"postgres": servers.ready_postgres, "valkey": servers.ready_valkey}[name]
        log = self.layout.logs / f"{name}.log"
        child = Child(name, launcher, log, HOW[name], GRACE[name], ready)
        try:
            self._bring_up(child)
        except StartError:
            if name != "valkey" or not servers.valkey.data.exists():
                raise
            aside = servers.valkey.set_aside()
            self.progress(f"Valkey could not read its files: moved to {aside}; waiting jobs are in the database")
            self.children.remove(child)
            self._bring_up(child)
        self.progress(f"{name} started")

    def _environment(self, known: Mapping[str, str], servers: Servers) -> dict[str, str]:
        mine = {
            "DATA_DIR": str(self.layout.root),
            "STATIC_ROOT": str(self.layout.root / "static"),
            "DJANGO_SETTINGS_MODULE": commands.SETTINGS,
            MARK: servers.secrets["INSTANCE"],
        }
        values = commands.THREADS | dict(known) | dict(os.environ) | servers.environment() | mine
        os.environ.update(values)  # the command lines read it, too
        return values

    def prepare(self) -> None:
        """Servers that run, with a schema that is up to date: enough for any command."""
        refuse_unfinished(self.layout)
        self.servers()
        self._migrate()

    def _migrate(self) -> None:
        # a database of somebody else's may have been changed since
        mine = fingerprint.migrations() if "postgres" in {child.name for child in self.children} else ""
        if not mine or not self.prepared.is_current("database", mine):
            for command in commands.migrations():
                self.run_to_end(command)
            self.prepared.done("database", mine)
        self.progress("database is up to date")

    def _collect_static(self) -> None:
        static = fingerprint.static_files()
        if not self.prepared.is_current("static", static):
            self.run_to_end(commands.collect_static())
            self.prepared.done("static", static)
            self.progress("static files collected")

    def run_to_end(self, command: list[str], *, shown: bool = False) -> None:
        """Run one command to its end; its output is shown, or kept for the case that it fails.

        Raises StartError; of a shown command with its own status, as a shell tells it.
        """
        log = self.layout.logs / "prepare.log"
        process = self._attached(command) if shown else launch(command, log=log, environment=self.environment)
        try:
            status = process.wait()
        except BaseException:
            end(process, signal.SIGTERM, 10)
            raise
        if status:
            status = KILLED - status if status < 0 else status
            message = f"`{_said(command)}` failed with status {status}."
            raise StartError(message, status) if shown else with_log(message, log)

    def _attached(self, command: list[str]) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(command, env=self.environment, start_new_session=True)  # noqa: S603
        except OSError as error:
            raise StartError(f"`{command[0]}` cannot be run: {error.strerror}.", NOT_RUN) from error

    def _child(self, name: str, command: list[str]) -> Child:
        log = self.layout.logs / f"{name}.log"
        return Child(name, lambda: launch(command, log=log, environment=self.environment), log)

    def _bring_up(self, child: Child, tries: int = 3) -> None:
        """After a crash the old server's children may hold its memory for a moment: more than one try."""
        self.children.append(child)
        for left in reversed(range(tries)):
            child.start(self.register)
            try:
                self._await(child)
            except StartError:
                child.stop(hurry=True)
                if not left:
                    raise
                time.sleep(PAUSE)
            else:
                return

    def _await(self, child: Child) -> None:
        if child.ready and child.process:
            child.ready(child.process)

    def _plan(self, child: Child) -> None:
        ended = f"{child.name} (process {child.process.pid if child.process else '?'}) {child.how_it_ended()}"
        if child.process:
            end_group(child.process.pid, self.environment[MARK])
        try:
            wait = child.plan_again(time.monotonic())
        except StartError as error:
            raise with_log(f"{ended}. {error}, so the portal stops. It said:", child.log) from error
        self.progress(f"{ended}; starting it again in {wait:.0f} s (log: {child.log})")

    def _start_again(self, child: Child) -> None:
        child.start(self.register)
        try:
            self._await(child)
        except StartError as error:
            self.progress(str(error))
            child.stop(hurry=True)
        else:
            self.progress(f"{child.name} runs again (process {child.process.pid if child.process else '?'})")

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            self.tend()
            if time.monotonic() > deadline:
                raise with_log(f"{self.url}/health/ready is not green after {READY_SECONDS} s.", self._web_log())
            time.sleep(0.2)

    def _is_ready(self) -> bool:
        """Green, with both workers there. A missing model is said on the pages."""
        with contextlib.suppress(OSError, ValueError):
            request = urllib.request.Request(f"{self.url}/health/ready")  # noqa: S310  our own address
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
                components = json.load(answer)["components"]
                return all(components[name]["status"] == "ok" for name in commands.WORKERS)
        return False

    def _web_log(self) -> Path:
        return self.layout.logs / "web.log"
