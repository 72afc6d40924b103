"""`make backup` and `make restore`: the folders, the keys and the servers around what Django does."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from creditportal.backup import keys, manifest
from creditportal.backup.keys import Keys
from creditportal.backup.manifest import BackupError, Manifest
from creditportal.embedded.errors import StartError
from creditportal.embedded.identity import FALLBACK_PARENT
from creditportal.embedded.layout import KEPT, Layout, data_folder, write_json
from creditportal.serve import commands
from creditportal.serve.portal import UNFINISHED, Portal, refuse_unfinished, unfinished
from creditportal.serve.progress import Progress
from creditportal.serve.tools import guarded

IGNORED = ("lost+found",)


@dataclass(frozen=True)
class Plan:
    """A backup that was checked, and where its parts go."""

    source: Path
    page: Manifest
    keys: Keys
    layout: Layout
    bundles: Path
    # asked before our own servers are started, whose addresses the environment then holds
    has_own_server: bool


def backup(to: str) -> int:
    target, layout = Path(to).absolute(), Layout(data_folder())
    try:
        _refuse_source(layout, target)
    except StartError as error:
        return _refused(error)
    # the database is backed up as it is: a schema that waits for its migration is what one wants to return to
    return guarded(
        lambda portal: portal.run_to_end(commands.manage("backup", str(target)), shown=True), prepare=Portal.servers
    )


def restore(source: str, keys_folder: str) -> int:
    progress = Progress()
    try:
        plan = _plan(Path(source).absolute(), Path(keys_folder).absolute(), progress)
    except StartError as error:
        return _refused(error)
    status = 1
    try:
        _place(plan, progress)
        status = guarded(lambda portal: _restore(portal, plan), prepare=Portal.servers)
    finally:
        if status:
            _clean(plan, progress)
    if not status:
        (plan.layout.root / UNFINISHED).unlink()
        progress(f"restored into {plan.layout.root}: `{_start(plan)}` serves it")
    return status


def _refuse_source(layout: Layout, target: Path) -> None:
    refuse_unfinished(layout)
    if not os.environ.get("DATABASE_URL") and "postgres_port" not in layout.servers():
        raise BackupError(
            f"There is nothing to back up: {layout.root} holds no database. DATA_DIR names another folder."
        )
    if target.resolve().is_relative_to(layout.root.resolve()):
        raise BackupError(
            f"{target} lies in the data folder that it should protect. Say another: make backup TO=folder"
        )


def _plan(source: Path, keys_folder: Path, progress: Progress) -> Plan:
    layout = Layout(data_folder())
    bundles = Path(os.environ.get("BUNDLE_DIR") or layout.root / "bundles").absolute()
    _refuse_occupied(layout.root)
    _refuse_occupied(bundles)
    page = manifest.read(source)
    known = keys.read(keys_folder, page.keys_sha256)
    manifest.check_signature(source, keys.ledger_key(keys_folder))
    _refuse_other_keys(known)
    progress(f"hashing {len(page.files)} files of the backup of {page.made_at}")
    manifest.check_files(source, page.files)
    return Plan(source, page, known, layout, bundles, bool(os.environ.get("DATABASE_URL")))


def _refuse_occupied(folder: Path) -> None:
    found = [path.name for path in folder.iterdir() if path.name not in IGNORED] if folder.exists() else []
    if UNFINISHED in found:
        raise unfinished(folder)
    if found:
        raise BackupError(
            f"{folder} already holds something ({', '.join(sorted(found)[:3])}). A backup is restored into an empty"
            " installation only: set DATA_DIR to another folder, or move this one away. Nothing was touched."
        )


def _refuse_other_keys(known: Keys) -> None:
    for name, retired in (("SECRET_KEY", "SECRET_KEYS_RETIRED"), ("MASTER_KEY", "MASTER_KEYS_RETIRED")):
        ring = _ring({each: commands.text(each) for each in (name, retired)}, name, retired)
        missing = [key for key in _ring(known.secrets, name, retired) if key not in ring]
        if commands.text(name) and missing:
            raise BackupError(
                f"{name} is set here, and neither it nor {retired} is the one of the backup: unset both,"
                f" or put the backup's into {retired}."
            )
    path = os.environ.get("LEDGER_PRIVATE_KEY")
    if path and (not Path(path).is_file() or Path(path).read_bytes() != known.files[keys.LEDGER_KEY]):
        raise BackupError(
            f"LEDGER_PRIVATE_KEY={path} is not the key of the backup: copy {keys.LEDGER_KEY} there first."
        )


def _ring(values: Mapping[str, str], name: str, retired: str) -> list[str]:
    """The key in use and those that still open what it has not wrapped yet."""
    keys = [values.get(name, ""), *values.get(retired, "").split(",")]
    return [key.strip() for key in keys if key.strip()]


def _place(plan: Plan, progress: Progress) -> None:
    root = plan.layout.root
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    (root / UNFINISHED).touch()
    write_json(plan.layout.secrets_file, {name: plan.keys.secrets[name] for name in KEPT if name in plan.keys.secrets})
    keys.place(plan.keys, root, plan.source / manifest.PUBLIC_KEYS)
    if any(name.startswith(f"{manifest.BUNDLES}/") for name in plan.page.files):
        shutil.copytree(plan.source / manifest.BUNDLES, plan.bundles, dirs_exist_ok=True)
    progress("keys and model bundles are in their places")


def _restore(portal: Portal, plan: Plan) -> None:
    has_owner = commands.text("DATABASE_OWNER_URL")
    role = ["--role", commands.application_role()] if has_owner else []
    portal.run_to_end(commands.manage("restore", str(plan.source), *role), shown=True)


def _clean(plan: Plan, progress: Progress) -> None:
    """The folders were empty before, so that whatever is in them came from here."""
    elsewhere = Path(plan.layout.servers().get("folder") or plan.layout.root)
    if elsewhere.parent == FALLBACK_PARENT:
        shutil.rmtree(elsewhere, ignore_errors=True)
    for folder in (plan.bundles, plan.layout.root):
        for path in folder.iterdir() if folder.exists() else ():
            if path.name in IGNORED:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
    progress(f"the restore failed; {plan.layout.root} is empty again")
    if plan.has_own_server:
        progress("if it said that it restored tables, the database named by DATABASE_URL has to be made anew")


def _start(plan: Plan) -> str:
    # without the demo's credentials in the backup, `make run` would add the demo's people to a lender's own
    demo = "" if keys.DEMO in plan.keys.files else "DEMO=0 "
    return f"{demo}DATA_DIR={plan.layout.root} make run"


def _refused(error: StartError) -> int:
    Progress().problem(str(error))
    return 1
