"""The environment read once and checked: a wrong value stops the process with the name of the variable."""

import base64
import binascii
import ipaddress
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

POSTGRES_SCHEMES = ("postgres", "postgresql")
REDIS_SCHEMES = ("redis", "rediss")
OWNER_COMMANDS = ("migrate", "database_grants", "pgtrigger", "backup", "restore")
TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


def text(name: str, default: str | None = None) -> str:
    """The value of NAME, or of the file that NAME_FILE points to, as container secrets are handed over."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: {path} cannot be read ({error.strerror}).") from error
    value = os.environ.get(name) or default
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set.")
    return value


def integer(name: str, default: int, minimum: int = 0) -> int:
    value = text(name, str(default))
    if not value.isdigit() or int(value) < minimum:
        raise ImproperlyConfigured(f"{name}={value!r}: a whole number of at least {minimum} is needed.")
    return int(value)


def flag(name: str, default: bool = False) -> bool:
    value = text(name, str(default)).lower()
    if value not in TRUE + FALSE:
        raise ImproperlyConfigured(f"{name}={value!r}: say 1 or 0.")
    return value in TRUE


def names(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def networks(name: str) -> list[str]:
    found = names(name)
    for value in found:
        try:
            ipaddress.ip_network(value)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {error}.") from error
    return found


def folder_is_there(name: str) -> None:
    """For a folder that is read elsewhere: whether it can be, when it is set."""
    value = text(name, "")
    if value and not Path(value).is_dir():
        raise ImproperlyConfigured(f"{name}={value!r}: there is no such folder.")


def options(name: str, default: dict[str, Any]) -> dict[str, Any]:
    value = text(name, json.dumps(default))
    try:
        found = json.loads(value)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ImproperlyConfigured(f'{name}: a JSON object is needed, such as {{"location": "/mnt/checkpoints"}}.')
    return found


def url(name: str, schemes: tuple[str, ...], default: str | None = None) -> str:
    value = text(name, default)
    # the value itself holds a password, so it is never repeated in the message
    expected = f"{name}: expected {schemes[-1]}://user:password@host:port/name"
    try:
        parts = urlsplit(value)
        _port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{expected} ({error}).") from error
    if parts.scheme not in schemes:
        raise ImproperlyConfigured(f"{expected}, not a {parts.scheme or 'scheme-less'} address.")
    if not parts.hostname and "host=" not in parts.query:
        raise ImproperlyConfigured(f"{expected}; the host is missing.")
    if schemes == POSTGRES_SCHEMES and not parts.path.strip("/"):
        raise ImproperlyConfigured(f"{expected}; the database's name is missing.")
    return value


def master_keys() -> list[str]:
    """The key in use, then those that rotation has not replaced yet."""
    keys = [text("MASTER_KEY"), *names("MASTER_KEYS_RETIRED")]
    for key in keys:
        try:
            size = len(base64.b64decode(key, validate=True))
        except binascii.Error:
            size = 0
        if size != 32:
            raise ImproperlyConfigured("MASTER_KEY and MASTER_KEYS_RETIRED must be 32 bytes in base64.")
    return keys


def use_owner_role(command: str) -> None:
    """Commands that change the schema connect as its owner; everything else as the restricted role."""
    if command not in OWNER_COMMANDS:
        return
    owner = text("DATABASE_OWNER_URL", "")
    if not owner:
        return
    os.environ["DATABASE_URL"] = owner
    os.environ.pop("DATABASE_URL_FILE", None)
    os.environ["DATABASE_STATEMENT_TIMEOUT_MS"] = "0"
