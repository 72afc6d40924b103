"""A backup is made on one snapshot of the database, beside a portal that goes on working."""

import io
import os
import shutil
import tarfile
import tomllib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from common.errors import PortalError
from common.ledger import checkpoints
from common.ledger.sealing import seal_all
from common.proof.checkpoints import read as read_checkpoint
from creditportal.backup import documents, inventory, keys, manifest
from creditportal.backup.keys import Keys
from creditportal.backup.manifest import BackupError, Head, Manifest
from creditportal.backup.programs import Tell, dump
from ml.keys import load_private_key, load_public_key, public_pem
from ml.packaging import code_version


def backup_make(*, to: Path, tell: Tell) -> tuple[Path, Path]:
    """A new backup under TO and, beside it, the folder of its keys. Both whole or neither."""
    made_at = datetime.now(UTC)
    target = to / f"backup-{made_at:%Y%m%dT%H%M%SZ}"
    with _new_folders(target, target.with_name(f"{target.name}-keys")) as (folder, keys_folder):
        keys_sha256 = keys.write(keys_folder, _keys())
        _seal(tell)
        _fill(folder, made_at, keys_sha256, tell)
    return target, target.with_name(f"{target.name}-keys")


def _fill(folder: Path, made_at: datetime, keys_sha256: str, tell: Tell) -> None:
    with transaction.atomic():
        snapshot = _snapshot()
        counts, head = inventory.counts(), inventory.head()
        migrations, server = inventory.migrations(), inventory.server_version()
        extensions = inventory.extensions()
        papers = documents.names()
        tell(f"database: {len(counts)} tables, {sum(counts.values())} rows, on one snapshot")
        dump(folder / manifest.DATABASE, snapshot, tell)
    tell("database written; now checkpoints, documents, bundles and public keys")
    _write_checkpoints(folder / manifest.CHECKPOINTS, head)
    documents.write(folder / manifest.DOCUMENTS, papers)
    _copy_bundles(folder / manifest.BUNDLES)
    _write_public_keys(folder / manifest.PUBLIC_KEYS)
    tell("hashing every file")
    files = manifest.facts_of(folder)
    page = Manifest(
        manifest.FORMAT, str(uuid.uuid4()), made_at.isoformat(timespec="seconds"), _software(), server, extensions,
        migrations, counts, head, files, keys_sha256,
    )  # fmt: skip
    manifest.write(folder, page, load_private_key(settings.LEDGER_PRIVATE_KEY))
    _sync(folder)


@contextmanager
def _new_folders(*targets: Path) -> Iterator[list[Path]]:
    """Under another name until they are complete; nothing that is there is replaced."""
    partial = [target.with_name(f".{target.name}.partial") for target in targets]
    for path in [*targets, *partial]:
        if path.exists():
            raise BackupError(f"{path} is there already; a backup never replaces another.")
    try:
        for path in partial:
            path.mkdir(mode=0o700, parents=True)
        yield partial
        # the keys first: a backup that is seen has its keys
        for path, target in reversed(list(zip(partial, targets, strict=True))):
            path.rename(target)
    except OSError as error:
        _remove([*partial, *targets])
        raise BackupError(f"The backup could not be written ({error.strerror}: {error.filename}).") from error
    except BaseException:
        _remove([*partial, *targets])
        raise


def _remove(folders: list[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _seal(tell: Tell) -> None:
    """What waits is sealed and the head signed; a ledger that cannot be is backed up as it is, and said."""
    try:
        seal_all()
    except PortalError as error:
        tell(f"warning: the ledger could not be sealed: {error}. A restore will find the same.")


def _snapshot() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # this transaction only waits while pg_dump works
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        return str(cursor.fetchone()[0])


def _write_checkpoints(file: Path, head: Head | None) -> None:
    """Those of the blocks that the snapshot holds; a later one would claim that the backup lost blocks."""
    with tarfile.open(file, "w") as archive:
        for name, content in checkpoints.content(head.ledger_id) if head else ():
            signed = read_checkpoint(content, checkpoints.public_key())
            if head and (signed is None or signed.number <= head.number):
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))


def _copy_bundles(target: Path) -> None:
    target.mkdir()
    source: Path = settings.BUNDLE_DIR
    for bundle in sorted(source.glob("*/")) if source.exists() else ():
        if not bundle.name.startswith("."):  # one that is being written
            shutil.copytree(bundle, target / bundle.name)


def _write_public_keys(target: Path) -> None:
    target.mkdir()
    for path in _pem_files():
        if "private" not in path.name:
            (target / path.name).write_bytes(path.read_bytes())
    (target / checkpoints.PUBLIC_NAME).write_bytes(public_pem(checkpoints.public_key()))
    bundle_key = settings.BUNDLE_PUBLIC_KEY
    if bundle_key.lstrip().startswith("-----BEGIN") or Path(bundle_key).exists():
        (target / "bundle_public.pem").write_bytes(public_pem(load_public_key(bundle_key)))


def _keys() -> Keys:
    checkpoints.public_key()  # an installation that has sealed nothing yet makes its key now
    secrets = {"SECRET_KEY": settings.SECRET_KEY, "MASTER_KEY": settings.MASTER_KEYS[0]}
    secrets["SECRET_KEYS_RETIRED"] = ",".join(settings.SECRET_KEY_FALLBACKS)
    secrets["MASTER_KEYS_RETIRED"] = ",".join(settings.MASTER_KEYS[1:])
    files = {path.name: path.read_bytes() for path in _pem_files() if "private" in path.name}
    files[keys.LEDGER_KEY] = Path(settings.LEDGER_PRIVATE_KEY).read_bytes()
    demo = Path(settings.DATA_DIR) / keys.DEMO
    if demo.exists():
        files[keys.DEMO] = demo.read_bytes()
    return Keys({name: value for name, value in secrets.items() if value}, files)


def _pem_files() -> list[Path]:
    return sorted((Path(settings.DATA_DIR) / "keys").glob("*.pem"))


def _software() -> str:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    return f"{project['version']} ({code_version()})"


def _sync(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
