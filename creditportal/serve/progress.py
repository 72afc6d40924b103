import os
import sys
import time


class Progress:
    """Lines for the person who waits: what is done now, and the time since the start."""

    def __init__(self) -> None:
        self.started = float(os.environ.get("PORTAL_STARTED_AT") or time.time())
        self.quiet_ends = False

    def __call__(self, text: str) -> None:
        print(f"[{time.time() - self.started:6.1f} s] {text}", flush=True)

    def problem(self, text: str) -> None:
        print(f"\n{text}\n", file=sys.stderr, flush=True)
