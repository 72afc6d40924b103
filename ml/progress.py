"""Progress of long work as plain lines with the seconds gone, for a terminal or a log alike."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

Progress = Callable[[str], None]


def silent(message: str) -> None:
    """Report nothing."""


def progress_lines(stream: TextIO | None = None) -> Progress:
    """A reporter that writes ``[  12.3 s] message`` per step to ``stream`` (standard error by default)."""
    started = time.monotonic()

    def report(message: str) -> None:
        print(f"[{time.monotonic() - started:6.1f} s] {message}", file=stream or sys.stderr, flush=True)

    return report
