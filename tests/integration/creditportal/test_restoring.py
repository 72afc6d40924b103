import io
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection, transaction

from accounts.models import Branch
from common import ledger
from common.actors import SYSTEM
from common.crypto import subject_key_create
from common.ledger.sealing import seal_all
from common.models import LedgerBlock
from creditportal.backup import inventory, making, restoring
from creditportal.backup.manifest import CHECKPOINTS, FORMAT, BackupError, Head, Manifest
from tests.factories.accounts import BranchFactory

pytestmark = pytest.mark.django_db


def page(head: Head | None = None) -> Manifest:
    head = head or inventory.head()
    return Manifest(FORMAT, "id", "then", "0.1", "18", [], inventory.migrations(), inventory.counts(), head, {}, "")


def happen() -> None:
    with transaction.atomic():
        ledger.record(action="test.happened", subject=subject_key_create(), actor=SYSTEM)
    seal_all()


def quiet(_text: str) -> None:
    pass


def test_same_database_proves_its_counts_and_head(ledger_store: Path) -> None:
    happen()
    said: list[str] = []
    restoring._prove_counts(page(), said.append)
    assert f"block 1, {LedgerBlock.objects.get().sha256}" in said[1]


def test_one_row_less_is_named(ledger_store: Path) -> None:
    BranchFactory()
    known = page()
    Branch.objects.all().delete()
    with pytest.raises(BackupError, match="accounts_branch: 0 rows restored, 1 backed up"):
        restoring._prove_counts(known, quiet)


def test_table_that_is_missing_is_named(ledger_store: Path) -> None:
    known = page()
    wanted = replace(known, counts=known.counts | {"zebra": 4})
    with pytest.raises(BackupError, match="zebra: missing rows restored, 4 backed up"):
        restoring._prove_counts(wanted, quiet)


def test_other_head_is_refused(ledger_store: Path) -> None:
    happen()
    with pytest.raises(BackupError, match="last block of the restored ledger"):
        restoring._prove_counts(page(Head("other", 1, "f" * 64)), quiet)


def test_backup_of_newer_software_is_refused() -> None:
    newer = replace(page(), migrations=["common.0001_initial", "common.9999_later"])
    with pytest.raises(BackupError, match=r"newer software \(0\.1\): common\.9999_later"):
        restoring._refuse_newer(newer)
    restoring._refuse_newer(page())


def test_tables_that_are_there_are_never_restored_over() -> None:
    with pytest.raises(BackupError, match=r"already holds \d+ tables"):
        restoring._refuse_tables()


def test_checkpoints_after_the_head_stay_out_of_the_backup(ledger_store: Path, tmp_path: Path) -> None:
    happen()
    head = inventory.head()
    happen()
    making._write_checkpoints(tmp_path / CHECKPOINTS, head)
    assert [name for name, _content in restoring._checkpoints(tmp_path)] == ["000000000001.json"]


def test_store_that_knows_later_blocks_is_refused(ledger_store: Path, tmp_path: Path) -> None:
    happen()
    known = page()
    making._write_checkpoints(tmp_path / CHECKPOINTS, known.head)
    restoring._refuse_other_checkpoints(tmp_path, known)
    happen()
    with pytest.raises(BackupError, match=r"1 checkpoints that the backup has not, the last 000000000002\.json"):
        restoring._refuse_other_checkpoints(tmp_path, known)


def test_checkpoints_come_back_to_an_empty_store(ledger_store: Path, tmp_path: Path) -> None:
    happen()
    known = page()
    making._write_checkpoints(tmp_path / CHECKPOINTS, known.head)
    (signed,) = ledger_store.rglob("*.json")
    content = signed.read_bytes()
    signed.unlink()
    restoring._put_checkpoints(tmp_path, known)
    assert signed.read_bytes() == content


def test_names_that_lead_out_of_the_store_are_not_unpacked(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / CHECKPOINTS, "w") as archive:
        archive.addfile(tarfile.TarInfo("../escaped.json"), io.BytesIO())
    assert list(restoring._checkpoints(tmp_path)) == []


def test_person_whose_key_does_not_open_is_named(ledger_store: Path) -> None:
    row = subject_key_create()
    restoring._prove_keys(quiet)
    row.wrapped_key = b"x" * 60
    row.save()
    with pytest.raises(BackupError, match=f"personal data of {row.id} does not open"):
        restoring._prove_keys(quiet)


def test_counting_covers_every_table() -> None:
    assert set(inventory.counts()) == set(connection.introspection.table_names())
