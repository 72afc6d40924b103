"""Where an installation keeps its things: one folder, and in it one file of secrets and one of facts."""

import base64
import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
# of the secrets, what the portal itself reads; retired ones come with a restored backup
KEPT = ("SECRET_KEY", "MASTER_KEY", "SECRET_KEYS_RETIRED", "MASTER_KEYS_RETIRED")


def data_folder() -> Path:
    return Path(os.environ.get("DATA_DIR") or PROJECT / ".data").absolute()


@dataclass(frozen=True)
class Layout:
    root: Path

    @property
    def secrets_file(self) -> Path:
        return self.root / "secrets.json"

    @property
    def servers_file(self) -> Path:
        return self.root / "servers.json"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        return self.root / "run"

    def secrets(self) -> dict[str, str]:
        """The installation's random secrets, made on first use and kept."""
        known = read_json(self.secrets_file)
        complete = new_secrets() | known
        if complete != known:
            write_json(self.secrets_file, complete)
        return complete

    def servers(self) -> dict[str, Any]:
        """Ports and folders of the embedded servers, as last started."""
        return read_json(self.servers_file)

    def environment(self) -> dict[str, str]:
        """What a process needs to use this installation; empty before its first start."""
        known, servers = read_json(self.secrets_file), self.servers()
        if not known:
            return {}
        values = {name: known[name] for name in KEPT if name in known}
        if "postgres_port" in servers:
            values |= database_urls(known, servers["postgres_port"])
        if "valkey_port" in servers:
            values["REDIS_URL"] = redis_url(known, servers["valkey_port"])
        return values


def database_urls(known: dict[str, str], port: int) -> dict[str, str]:
    address = f"127.0.0.1:{port}/portal"
    return {
        "DATABASE_URL": f"postgresql://portal_app:{known['PORTAL_APP_PASSWORD']}@{address}",
        "DATABASE_OWNER_URL": f"postgresql://portal_owner:{known['PORTAL_OWNER_PASSWORD']}@{address}",
    }


def redis_url(known: dict[str, str], port: int) -> str:
    return f"redis://:{known['VALKEY_PASSWORD']}@127.0.0.1:{port}/0"


def new_secrets() -> dict[str, str]:
    passwords = ("POSTGRES_PASSWORD", "PORTAL_OWNER_PASSWORD", "PORTAL_APP_PASSWORD", "VALKEY_PASSWORD")
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "MASTER_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "INSTANCE": secrets.token_hex(8),
    } | {name: secrets.token_urlsafe(24) for name in passwords}


def read_json(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return content


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write through a temporary file: a crash or a full disk leaves the old content, never half of the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # created with mode 0600
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(content, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
