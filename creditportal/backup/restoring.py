"""A backup becomes the database of a new installation, and proves that it is what was backed up."""

import io
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from common import crypto
from common.actors import SYSTEM
from common.errors import PortalError
from common.ledger.sealing import seal_all
from common.ledger.verification import Verification, verify
from common.models import LedgerEvent, SubjectKey
from creditportal.backup import documents, inventory, manifest
from creditportal.backup.manifest import BackupError, Manifest
from creditportal.backup.programs import Tell, load


def database_restore(*, folder: Path, role: str, tell: Tell) -> None:
    """Restore FOLDER into the empty database; ROLE is the restricted one, or empty where there is none."""
    page = manifest.read(folder)
    _refuse_newer(page)
    _refuse_tables()
    _refuse_other_checkpoints(folder, page)
    tell(f"restoring {len(page.counts)} tables, {page.rows} rows")
    _extensions_create(page)
    load(folder / manifest.DATABASE, tell)
    _prove_counts(page, tell)
    _bring_up_to_date(role)
    _put_checkpoints(folder, page)
    tell(f"proved: {documents.put(folder / manifest.DOCUMENTS)} documents are in their store")
    tell("verifying the whole ledger against the records")
    found = _prove_ledger(tell)
    _prove_keys(tell)
    _record(page)
    tell(_closing(page, found))


def _refuse_newer(page: Manifest) -> None:
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    unknown = sorted(set(page.migrations) - known)
    if unknown:
        raise BackupError(
            f"The backup was made by newer software ({page.software}): {unknown[0]} is not known here."
            " Restore it with that software."
        )


def _refuse_tables() -> None:
    tables = connection.introspection.table_names()
    if tables:
        raise BackupError(
            f"The database already holds {len(tables)} tables, such as {sorted(tables)[0]}."
            " A backup is restored into an empty database only: name another one, nothing was touched."
        )


def _refuse_other_checkpoints(folder: Path, page: Manifest) -> None:
    if page.head is None:
        return
    ours = {name for name, _content in _checkpoints(folder)}
    store = storages["ledger_checkpoints"]
    there = store.listdir(page.head.ledger_id)[1] if store.exists(page.head.ledger_id) else []
    later = sorted(set(there) - ours)
    if later:
        raise BackupError(
            f"The checkpoint store already holds {len(later)} checkpoints that the backup has not, the"
            f" last {later[-1]}: the blocks after {page.head.number} were sealed since the backup and would be lost."
            " Take a later backup; or keep that store as evidence and set LEDGER_CHECKPOINT_OPTIONS to an empty one."
        )


def _extensions_create(page: Manifest) -> None:
    with connection.cursor() as cursor:
        for name in page.extensions:
            cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {connection.ops.quote_name(name)}")


def _prove_counts(page: Manifest, tell: Tell) -> None:
    found, head = inventory.counts(), inventory.head()
    for table in sorted(found.keys() | page.counts.keys()):
        if found.get(table) != page.counts.get(table):
            wanted = page.counts.get(table, "no such table")
            raise BackupError(f"{table}: {found.get(table, 'missing')} rows restored, {wanted} backed up.")
    tell(f"proved: {len(found)} tables hold the {page.rows} rows that the backup counted")
    if head != page.head:
        raise BackupError("The last block of the restored ledger is not that of the backup.")
    tell(f"proved: the ledger ends at block {head.number}, {head.sha256}" if head else "proved: the ledger is empty")


def _bring_up_to_date(role: str) -> None:
    """Migrations that came after the backup, the restricted role's rights, and figures for the planner."""
    said = io.StringIO()
    call_command("migrate", interactive=False, verbosity=0, stdout=said)
    if role:
        call_command("database_grants", role, stdout=said)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _put_checkpoints(folder: Path, page: Manifest) -> None:
    store = storages["ledger_checkpoints"]
    for name, content in _checkpoints(folder):
        path = f"{page.head.ledger_id}/{name}" if page.head else name
        if not store.exists(path):
            store.save(path, ContentFile(content))


def _checkpoints(folder: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(folder / manifest.CHECKPOINTS) as archive:
        for entry in archive:
            file = archive.extractfile(entry)
            if file and "/" not in entry.name:
                yield entry.name, file.read()


def _prove_ledger(tell: Tell) -> Verification:
    found = verify()
    if found.findings:
        first = found.findings[0]
        raise BackupError(
            f"The ledger of the backup has {len(found.findings)} findings; the first: {first.kind}: {first.message}"
        )
    tell(f"proved: {found.blocks} blocks and {found.records} sealed records, nothing was altered")
    return found


def _prove_keys(tell: Tell) -> None:
    count = 0
    for row in SubjectKey.objects.filter(destroyed_at=None).iterator(2_000):
        try:
            crypto.encrypt(row, b"", row.id)
        except PortalError as error:
            raise BackupError(f"The personal data of {row.id} does not open: {error}") from error
        count += 1
    tell(f"proved: the master key opens the data of {count} people")


def _record(page: Manifest) -> None:
    facts = {"made_at": page.made_at, "software": page.software}
    if page.head:
        facts |= {"head_number": str(page.head.number), "head_sha256": page.head.sha256}
    with transaction.atomic():
        LedgerEvent.objects.create(
            action="database.restored",
            subject_type="backup",
            subject_id=uuid.UUID(page.id),
            actor_kind=SYSTEM.kind,
            actor_id=SYSTEM.id,
            facts=facts,
            occurred_at=timezone.now(),
        )
    seal_all()


def _closing(page: Manifest, found: Verification) -> str:
    head = inventory.head()
    place = f", in block {head.number}" if head else ""
    return f"the restore of the backup of {page.made_at} is itself in the ledger: database.restored{place}"
