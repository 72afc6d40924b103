"""``python -m creditportal.embedded run -- CMD``: run CMD with temporary servers of its own."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType

from creditportal.embedded.errors import StartError
from creditportal.embedded.layout import Layout
from creditportal.embedded.servers import running


class Stopped(BaseException):
    pass


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m creditportal.embedded", description=__doc__)
    commands = parser.add_subparsers(dest="action", required=True)
    run = commands.add_parser("run", help="run a command with temporary servers, then remove them")
    run.add_argument("command", nargs=argparse.REMAINDER, help="-- COMMAND ARGUMENT...")
    command = parser.parse_args().command
    command = command[1:] if command[:1] == ["--"] else command
    if not command:
        parser.error("say what to run: run -- COMMAND")
    signal.signal(signal.SIGTERM, _raise)
    try:
        return run_with_servers(command)
    except StartError as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 1
    except (Stopped, KeyboardInterrupt):
        return 130


def run_with_servers(command: list[str]) -> int:
    root = Path(tempfile.mkdtemp(prefix="portal-", dir=_open_folder()))
    try:
        with running(Layout(root), tell=lambda _line: None, temporary=True) as values:
            return _run(command, os.environ | values)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _run(command: list[str], environment: dict[str, str]) -> int:
    try:
        process = subprocess.Popen(command, env=environment)  # noqa: S603
    except OSError as error:
        raise StartError(f"{command[0]}: {error.strerror}") from error
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
        raise


def _open_folder() -> str | None:
    """The usual temporary folder, unless it is private to root and the servers' account could not enter it."""
    folder = Path(tempfile.gettempdir())
    return None if folder.stat().st_mode & 0o001 or os.geteuid() else "/var/tmp"  # noqa: S108


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
