"""A portal in a folder of its own, as `make run` starts it."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from creditportal.embedded import ports
from creditportal.embedded.layout import PROJECT, Layout, read_json

FOREIGN = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "MASTER_KEY")


class House:
    """The portal, and what is asked of it."""

    def __init__(self, root: Path) -> None:
        self.layout, self.port = Layout(root / "data"), ports.choose(None)
        self.output = root / "output.log"
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        own = {"DATA_DIR": str(self.layout.root), "PORT": str(self.port), "DEMO": "0", "MIN_FREE_MB": "100"}
        return {name: value for name, value in os.environ.items() if name not in FOREIGN} | own

    def command(self, action: str, **changed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "creditportal.serve", action],
            env=self.environment() | changed, cwd=PROJECT, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    def run(self) -> None:
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "creditportal.serve", "run"],
                env=self.environment(), cwd=PROJECT, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.wait(lambda: "the portal is ready: http" in self.said(), 120)

    def said(self) -> str:
        return self.output.read_text()

    def wait(self, condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.said()
            assert self.process is None or self.process.poll() is None, self.said()
            time.sleep(0.1)

    def pids(self) -> dict[str, int]:
        return {entry["name"]: entry["pid"] for entry in read_json(self.layout.run / "processes.json")["processes"]}

    def ready(self) -> tuple[int, dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            return 0, {"components": {}}

    def database(self) -> psycopg.Connection:
        return psycopg.connect(self.layout.environment()["DATABASE_OWNER_URL"], autocommit=True)


@contextmanager
def a_house() -> Iterator[House]:
    # not pytest's own folder: it is closed to the servers' account, which exists when this is root
    with tempfile.TemporaryDirectory(prefix="portal-house-", ignore_cleanup_errors=True) as root:
        Path(root).chmod(0o755)
        one = House(Path(root))
        try:
            yield one
        finally:
            done = one.command("stop")
            if one.process:
                one.process.wait(30)
        assert done.returncode == 0, done.stdout + done.stderr
