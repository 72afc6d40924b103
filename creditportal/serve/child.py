"""One watched process: started, judged, started again with growing pauses, given up on."""

import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from creditportal.embedded.errors import StartError
from creditportal.embedded.processes import Register, record
from creditportal.embedded.servers import end

Process = subprocess.Popen[bytes]
TRIES, WINDOW = 5, 120.0


@dataclass
class Child:
    name: str
    launch: Callable[[], Process]
    log: Path
    how: signal.Signals = signal.SIGTERM
    grace: float = 20.0
    # returns when the process serves; a failure to is a StartError
    ready: Callable[[Process], None] | None = None
    process: Process | None = None
    ends: deque[float] = field(default_factory=deque)
    again_at: float | None = None

    def start(self, register: Register) -> None:
        self.process = self.launch()
        self.again_at = None
        try:
            register.put(record(self.name, self.process.pid))
        except psutil.NoSuchProcess:
            return  # it ended at once; the watch will see it

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def how_it_ended(self) -> str:
        code = self.process.returncode if self.process else 0
        if code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended with status {code}"

    def plan_again(self, now: float) -> float:
        """Seconds to wait before the next try; a StartError once it has been tried too often."""
        while self.ends and now - self.ends[0] > WINDOW:
            self.ends.popleft()
        self.ends.append(now)
        if len(self.ends) > TRIES:
            raise StartError(f"{self.name} ended {len(self.ends)} times within {WINDOW:.0f} s")
        wait = float(min(2 ** (len(self.ends) - 1), 16))
        self.again_at = now + wait
        return wait

    def due(self) -> bool:
        return self.again_at is not None and time.monotonic() >= self.again_at

    def stop(self, *, hurry: bool) -> bool:
        """True when it ended by itself within its grace."""
        if self.process is None or self.process.poll() is not None:
            return True
        began = time.monotonic()
        end(self.process, self.how, 1.0 if hurry else self.grace)
        return time.monotonic() - began < self.grace
