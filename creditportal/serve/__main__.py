"""``python -m creditportal.serve run|stop`` here; each of PROCESSES in a container of its own."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from creditportal.serve import backup, commands
from creditportal.serve.run import run, stop
from creditportal.serve.tools import train, with_servers

PROCESSES = ("web", "worker", "deliveries", "beat", "migrate")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m creditportal.serve", description=__doc__)
    parser.add_argument("action", choices=("run", "stop", "train", "backup", "restore", "with-servers", *PROCESSES))
    parser.add_argument("arguments", nargs="*", help="folders, or the command to run")
    parser.add_argument("--product", help="the product to train a model of")
    parser.add_argument("--check", action="store_true", help="say what would be executed and what is missing")
    parser.add_argument("--alive", action="store_true", help="whether this machine's worker shows signs of life")
    options = parser.parse_args()
    if options.action == "run":
        return run()
    if options.action == "stop":
        return stop()
    if options.action == "train":
        return train(" ".join(options.arguments), options.product)
    if options.action == "backup":
        return backup.backup(*options.arguments)
    if options.action == "restore":
        return backup.restore(*options.arguments)
    if options.action == "with-servers":
        if not options.arguments:
            parser.error("with-servers needs the command to run: with-servers -- COMMAND")
        return with_servers(options.arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", commands.SETTINGS)
    if options.alive:
        if options.action not in commands.WORKERS:
            parser.error("--alive asks about: " + ", ".join(commands.WORKERS))
        return 0 if commands.worker_is_alive(commands.WORKERS[options.action]) else 1
    steps = _steps(options.action)
    if options.check:
        return _check(steps)
    return _execute(steps)


def _steps(action: str) -> list[list[str]]:
    if action == "migrate":
        return commands.migrations()
    if action == "web":
        return [commands.web()]
    if action == "worker":
        return [commands.worker()]
    if action == "deliveries":
        return [commands.deliveries()]
    return [commands.beat(Path(os.environ.get("BEAT_SCHEDULE", "/tmp/beat-schedule")))]  # noqa: S108


def _execute(steps: list[list[str]]) -> int:
    environment = commands.THREADS | dict(os.environ)
    for step in steps[:-1]:
        status = subprocess.run(step, env=environment, check=False).returncode  # noqa: S603
        if status:
            return status
    # the last one takes this process over, so that it hears the container's signals
    return os.execve(steps[-1][0], steps[-1], environment)  # noqa: S606


def _check(steps: list[list[str]]) -> int:
    problems = commands.check()
    for step in steps:
        print(" ".join(step))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
