"""PostgreSQL refuses to run as root, so root runs the embedded servers as an account without rights."""

import hashlib
import importlib.metadata
import os
import pwd
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creditportal.embedded.errors import StartError

# initdb looks the account up by name, so a free number would not do
ACCOUNTS = ("nobody", "daemon", "www-data")
FALLBACK_PARENT = Path("/var/tmp")  # noqa: S108  survives a reboot and every account may pass through it


@dataclass(frozen=True)
class Identity:
    """Whom the servers run as: ourselves, or a given account when we are root."""

    uid: int | None = None
    gid: int | None = None

    def options(self) -> dict[str, Any]:
        if self.uid is None:
            return {"cwd": "/"}
        return {"cwd": "/", "user": self.uid, "group": self.gid, "extra_groups": []}

    def may(self, test: str, path: Path) -> bool:
        """Whether the account really reaches PATH (test is -x or -w), as the system itself judges it."""
        command = ["/bin/sh", "-c", f'[ {test} "$1" ]', "sh", str(path)]
        try:
            return subprocess.run(command, check=False, **self.options()).returncode == 0  # noqa: S603
        except PermissionError as error:
            raise StartError(
                "This is root, but it may not start processes as another account, and PostgreSQL refuses to run"
                " as root. Run as another user, or set DATABASE_URL and REDIS_URL to servers of your own."
            ) from error

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def server_identity(existing: Path) -> Identity:
    """Who runs the servers; the owner of the EXISTING database goes on owning it."""
    owner = existing.stat().st_uid if existing.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise StartError(f"{existing} belongs to another account ({owner}): start as that account or as root.")
        if owner is None and not _has_name(os.geteuid()):
            raise StartError(
                f"Account {os.geteuid()} has no name on this machine, and PostgreSQL asks for one to make its folder."
                " Add it to /etc/passwd, run as another account, or set DATABASE_URL and REDIS_URL to your own servers."
            )
        return Identity()
    if owner:
        return Identity(owner, existing.stat().st_gid)
    for name in ACCOUNTS:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(account.pw_uid, account.pw_gid)
    raise StartError(f"None of the accounts {', '.join(ACCOUNTS)} exists to run PostgreSQL instead of root.")


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def closed_parent(path: Path) -> Path:
    """The first folder on the way to PATH that others may not enter."""
    closed = (folder for folder in reversed([path, *path.parents]) if not folder.stat().st_mode & 0o001)
    return next(closed, path)


def fallback_folder(root: Path, instance: str = "") -> Path:
    """A folder that every account reaches, for a data folder that only root can enter.

    A data folder that is made anew is another INSTANCE and must not meet the database of the one before.
    """
    name = hashlib.sha256(f"{root}{instance}".encode()).hexdigest()[:16]
    folder = FALLBACK_PARENT / f"credit-portal-{name}"
    folder.mkdir(mode=0o711, exist_ok=True)
    facts = folder.lstat()
    if folder.is_symlink() or facts.st_uid != os.geteuid():
        raise StartError(f"{folder} belongs to somebody else; remove it or choose another DATA_DIR.")
    folder.chmod(0o711)
    return folder


def reachable_copy(program: Path, package: str, shelter: Callable[[], Path], identity: Identity) -> Path:
    """PROGRAM, or its copy in SHELTER when the account cannot reach the installed one."""
    if identity.may("-x", program):
        return program
    site = next(parent.parent for parent in program.parents if parent.name == package)
    copy = shelter() / f"{package}-{importlib.metadata.version(package)}"
    if not copy.exists():
        partial = copy.with_name(f".{copy.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        # a wheel keeps its shared libraries beside the package, and the programs look for them there
        for tree in (package, f"{package}.libs"):
            if (site / tree).exists():
                shutil.copytree(site / tree, partial / tree, symlinks=True)
        _open(partial)
        partial.rename(copy)
    return copy / program.relative_to(site)


def _open(tree: Path) -> None:
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
