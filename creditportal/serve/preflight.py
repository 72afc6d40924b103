"""What must be true before anything is started, each with a message that names the thing to change."""

import os
import shutil
import tempfile
from pathlib import Path

from creditportal.embedded import ports
from creditportal.embedded.errors import StartError

MEGABYTE = 1024 * 1024
SMALL_MB, REFUSED_MB = 2_000, 500


def data_folder_check(root: Path) -> str:
    """Refuse a data folder that cannot hold data; returns a warning, or nothing."""
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=root) as probe:
            probe.write(b"0" * 65536)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        raise StartError(
            f"The data folder {root} cannot be written to ({error.strerror}). Free space there, or make it writable,"
            " or set DATA_DIR to another folder."
        ) from error
    return _space_check(root)


def _space_check(root: Path) -> str:
    free = shutil.disk_usage(root).free // MEGABYTE
    refused = _megabytes()
    if free < refused:
        raise StartError(
            f"Only {free} MB are free for the data folder {root}; {refused} MB are needed to start."
            " Free some space, set DATA_DIR to another disk, or lower MIN_FREE_MB."
        )
    return f"only {free} MB are free for {root}" if free < max(SMALL_MB, refused) else ""


def _megabytes() -> int:
    value = os.environ.get("MIN_FREE_MB", str(REFUSED_MB))
    if not value.isdigit():
        raise StartError(f"MIN_FREE_MB={value!r}: a whole number of megabytes is needed.")
    return int(value)


def port_number() -> int:
    value = os.environ.get("PORT", "8000")
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise StartError(f"PORT={value!r}: a number from 1 to 65535 is needed.")
    return int(value)


def port_check(host: str, port: int) -> None:
    if ports.is_free(port, host):
        return
    holder = ports.holder(port)
    raise StartError(
        f"Port {port} is already in use{f' by {holder}' if holder else ''}."
        " End that program, or choose another port: make run PORT=8001"
    )
