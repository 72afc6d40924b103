"""`make check`: everything that can be judged without running the portal, each with its time and one verdict."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
# a server's settings, with values that only have to be well-formed
SERVER = {
    "DJANGO_SETTINGS_MODULE": "creditportal.settings.base",
    "SECRET_KEY": "only-for-checking-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "MASTER_KEY": "b25seS1mb3ItY2hlY2tpbmctMzItYnl0ZXMtbG9uZyE=",
    "DATABASE_URL": "postgresql://check@127.0.0.1:1/check",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "PORTAL_HTTPS": "1",
}
# a closed port: the check compares models with files, its look at the database can only warn
QUIET = ["-W", "ignore::RuntimeWarning"]


@dataclass(frozen=True)
class Check:
    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


def checks() -> list[Check]:
    manage = [sys.executable, *QUIET, "manage.py"]
    return [
        Check("ruff check", [str(BIN / "ruff"), "check", "."]),
        Check("ruff format", [str(BIN / "ruff"), "format", "--check", "."]),
        Check("djlint", [str(BIN / "djlint"), "templates", "--lint", "--quiet"]),
        Check("import contracts", [str(BIN / "lint-imports"), "--no-cache"]),
        Check("mypy", [str(BIN / "mypy")]),
        Check("migrations", [*manage, "makemigrations", "--check", "--dry-run"], SERVER),
        Check("deploy", [*manage, "check", "--deploy", "--fail-level", "WARNING"], SERVER),
        Check("API schema", [*manage, "spectacular", "--validate", "--fail-on-warn", "--file", os.devnull], SERVER),
        Check("lock", [str(BIN / "uv"), "lock", "--check", "--quiet"]),
        Check("deployment files", [sys.executable, "-m", "creditportal.deployment"]),
    ]


def run(check: Check) -> tuple[Check, int, str, float]:
    began = time.monotonic()
    environment = os.environ | check.environment
    try:
        done = subprocess.run(  # noqa: S603
            check.command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        return check, 1, f"{error.filename} is not installed: make setup", 0.0
    return check, done.returncode, (done.stdout + done.stderr).strip(), time.monotonic() - began


def main() -> int:
    failed = []
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for check, status, output, seconds in pool.map(run, checks()):
            print(f"{'FAILED' if status else 'ok':>6}  {check.name} ({seconds:.1f} s)", flush=True)
            if status:
                failed.append(check.name)
                print(output, flush=True)
    print(f"{len(failed)} failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
