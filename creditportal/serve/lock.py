"""One supervisor per data folder. The lock is the kernel's, so that a killed supervisor never leaves it behind."""

import fcntl
import os

import psutil

from creditportal.embedded.errors import StartError
from creditportal.embedded.layout import Layout, read_json, write_json
from creditportal.embedded.processes import ProcessRecord, record


class SupervisorLock:
    def __init__(self, layout: Layout) -> None:
        self.path = layout.run / "supervisor.lock"
        self.facts_path = layout.run / "supervisor.json"
        self._handle: int | None = None

    def take(self, url: str) -> None:
        if not self._try():
            facts = read_json(self.facts_path)
            raise StartError(
                f"The portal already runs from this data folder: {facts.get('url', 'still starting')}"
                f" (process {facts.get('pid', 'unknown')}). `make stop` ends it."
            )
        mine = record("supervisor", os.getpid())
        write_json(self.facts_path, {"pid": mine.pid, "created": mine.created, "url": url})

    def release(self) -> None:
        if self._handle is not None:
            self.facts_path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = None

    def holder(self) -> psutil.Process | None:
        """The supervisor that runs now, if one does."""
        facts = read_json(self.facts_path)
        if not facts:
            return None
        return ProcessRecord("supervisor", facts["pid"], facts["created"]).find()

    def _try(self) -> bool:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._handle = handle
        return True
