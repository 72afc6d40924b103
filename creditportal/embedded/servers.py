"""The embedded servers of one installation: prepare folders and ports, launch, wait, stop."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from creditportal.embedded import ports, postgres, valkey
from creditportal.embedded.errors import StartError
from creditportal.embedded.identity import closed_parent, fallback_folder, server_identity
from creditportal.embedded.layout import PROJECT, Layout, database_urls, redis_url, write_json
from creditportal.embedded.postgres import Postgres
from creditportal.embedded.processes import MARK, Register, launch, record, stop
from creditportal.embedded.roles import roles_ensure
from creditportal.embedded.valkey import Valkey

Process = subprocess.Popen[bytes]
Tell = Callable[[str], None]
PAUSE = 1.0  # between tries: time for the children of a killed server to notice
GRACE = {"postgres": 30.0, "valkey": 10.0}
# fast shutdown: sessions end, nothing is lost
HOW = {"postgres": signal.SIGINT, "valkey": signal.SIGTERM}


class Servers:
    def __init__(self, layout: Layout, *, tell: Tell, temporary: bool = False) -> None:
        self.layout, self.tell, self.temporary = layout, tell, temporary
        self.secrets = layout.secrets()
        self.register = Register(layout.run / "processes.json")
        self.base = self._base()
        self.facts = layout.servers() | {"folder": str(self.base)}
        if temporary:
            self.facts |= {"temporary": True}

    def _base(self) -> Path:
        """Inside the data folder, unless the account of the servers cannot get there."""
        known = Path(self.layout.servers().get("folder") or self.layout.root / "servers")
        base = known if known.exists() else self.layout.root / "servers"
        base.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.identity = server_identity(base / "postgres")
        if self.identity.uid is not None:
            self.layout.root.chmod(0o711)
            base.chmod(0o711)
        if self.identity.may("-x", base):
            return base
        if (base / "postgres").exists():  # never a second, empty database beside one that holds the cases
            raise StartError(
                f"The database in {base} was made when its folder could be entered; now {closed_parent(base)} is closed"
                f" to the account that runs PostgreSQL. Open it: chmod o+x {closed_parent(base)}"
            )
        fallback = fallback_folder(self.layout.root, self.secrets["INSTANCE"])
        self.tell(f"{base} cannot be reached by the account that runs PostgreSQL; its files go to {fallback}")
        return fallback

    def _shelter(self) -> Path:
        """For copies of programs that the account cannot reach; one per checkout, shared by all its data folders."""
        return fallback_folder(PROJECT)

    def prepare_postgres(self) -> bool:
        """Choose port and programs; whether the database had to be made anew."""
        programs = postgres.find_programs(self._shelter, self.identity)
        self.postgres = Postgres(
            self.base / "postgres", programs, self._port("postgres"), self.identity,
            self.layout.logs / "postgres.log", self.temporary,
        )  # fmt: skip
        self._end_leftover()
        is_new = self.postgres.initialise(self.secrets["POSTGRES_PASSWORD"])
        if is_new:
            self.tell("made the folder of PostgreSQL")
        return is_new

    def prepare_valkey(self) -> None:
        program = valkey.find_program(self._shelter, self.identity)
        self.valkey = Valkey(
            self.base / "valkey", program, self._port("valkey"), self.identity,
            self.layout.logs / "valkey.log", self.temporary,
        )  # fmt: skip

    def _port(self, name: str) -> int:
        port = ports.choose(self.facts.get(f"{name}_port"))
        self.facts[f"{name}_port"] = port
        write_json(self.layout.servers_file, self.facts)
        return port

    def _end_leftover(self) -> None:
        left = self.postgres.leftover()
        if left:
            self.tell(f"ending a PostgreSQL that was left running on the same folder (process {left.pid})")
            stop(left, how=HOW["postgres"], grace=GRACE["postgres"])

    def launch_postgres(self) -> Process:
        self.postgres.forget_dead()
        return self._launch("postgres", self.postgres.command(), self.postgres.log)

    def launch_valkey(self) -> Process:
        self.valkey.configure(self.secrets["VALKEY_PASSWORD"])
        return self._launch("valkey", self.valkey.command(), self.valkey.log)

    def ready_postgres(self, process: Process) -> None:
        self.postgres.wait_ready(self.secrets["POSTGRES_PASSWORD"], lambda: process.poll() is None)
        roles_ensure(self.postgres, self.secrets)

    def ready_valkey(self, process: Process) -> None:
        self.valkey.wait_ready(self.secrets["VALKEY_PASSWORD"], lambda: process.poll() is None)

    def _launch(self, name: str, command: list[str], log: Path) -> Process:
        clean = postgres.CLEAN | {MARK: self.secrets["INSTANCE"]}
        process = launch(command, log=log, environment=clean, options=self.identity.options())
        with suppress(psutil.NoSuchProcess):  # it failed at once; whoever waits for it will tell
            self.register.put(record(name, process.pid))
        return process

    def environment(self) -> dict[str, str]:
        values: dict[str, str] = {}
        if hasattr(self, "postgres"):
            values |= database_urls(self.secrets, self.postgres.port)
        if hasattr(self, "valkey"):
            values["REDIS_URL"] = redis_url(self.secrets, self.valkey.port)
        return values


def start_patiently(launcher: Callable[[], Process], ready: Callable[[Process], None], tries: int = 3) -> Process:
    """After a crash the old server's children may still hold its memory for a moment: try again before giving up."""
    for attempt in range(1, tries + 1):
        process = launcher()
        try:
            ready(process)
        except StartError:
            end(process, signal.SIGTERM, 5)
            if attempt == tries:
                raise
            time.sleep(PAUSE)
        except BaseException:
            end(process, signal.SIGTERM, 5)
            raise
        else:
            return process
    raise AssertionError("unreachable")


def end(process: Process, how: signal.Signals, grace: float) -> None:
    with suppress(psutil.NoSuchProcess):
        stop(psutil.Process(process.pid), how=how, grace=grace)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=1)


@contextmanager
def running(layout: Layout, *, tell: Tell, temporary: bool) -> Iterator[dict[str, str]]:
    """Both servers for the time of a block, except those that the environment already names."""
    servers = Servers(layout, tell=tell, temporary=temporary)
    started: list[tuple[str, Process]] = []
    values: dict[str, str] = {}
    try:
        if not os.environ.get("DATABASE_URL"):
            servers.prepare_postgres()
            started.append(("postgres", start_patiently(servers.launch_postgres, servers.ready_postgres)))
        if not os.environ.get("REDIS_URL"):
            servers.prepare_valkey()
            started.append(("valkey", start_patiently(servers.launch_valkey, servers.ready_valkey)))
        values = servers.environment()
        yield values
    finally:
        for name, process in reversed(started):
            end(process, HOW[name], GRACE[name])
            servers.register.remove(name)
        if temporary and not servers.base.is_relative_to(layout.root):
            shutil.rmtree(servers.base, ignore_errors=True)
