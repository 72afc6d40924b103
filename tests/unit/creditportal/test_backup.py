import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from creditportal.backup import keys, manifest
from creditportal.backup.keys import Keys
from creditportal.backup.manifest import FORMAT, BackupError, Head, Manifest
from creditportal.serve import backup
from ml.keys import generate_key_pair

Change = Callable[[Path], object]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished backup without a database, its keys beside it, and an empty place to restore to."""
    for name in ("SECRET_KEY", "MASTER_KEY", "LEDGER_PRIVATE_KEY", "BUNDLE_DIR", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "new"))
    folder, keys_folder = tmp_path / "backup", tmp_path / "backup-keys"
    (folder / "bundles" / "one").mkdir(parents=True)
    (folder / "bundles" / "one" / "model.txt").write_text("tree")
    (folder / "database.dump").write_bytes(b"rows")
    private, _public = generate_key_pair(tmp_path / "pair", keys.LEDGER_KEY)
    keys_folder.mkdir()
    known = Keys({"SECRET_KEY": "s", "MASTER_KEY": "m"}, {keys.LEDGER_KEY: private.read_bytes()})
    sign(folder, keys_folder, keys.write(keys_folder, known))
    return folder


def sign(folder: Path, keys_folder: Path, keys_sha256: str) -> None:
    page = Manifest(
        FORMAT, "id", "2026-11-20T10:00:00+00:00", "0.1.0", "18", [], [], {"a": 2, "b": 3}, Head("l", 7, "f" * 64),
        manifest.facts_of(folder), keys_sha256,
    )  # fmt: skip
    manifest.write(folder, page, keys.ledger_key(keys_folder))


def restore(made: Path) -> int:
    return backup.restore(str(made), f"{made}-keys")


def test_manifest_is_read_as_it_was_written(made: Path) -> None:
    page = manifest.read(made)
    assert (page.rows, page.head) == (5, Head("l", 7, "f" * 64))
    manifest.check_files(made, page.files)
    manifest.check_signature(made, keys.ledger_key(made.with_name("backup-keys")))


def test_keys_are_readable_by_their_owner_only(made: Path) -> None:
    folder = made.with_name("backup-keys")
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert "Keep this folder elsewhere" in (folder / "KEEP-ELSEWHERE.txt").read_text()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda made: (made / "database.dump").write_bytes(b"rowz"), "database.dump was altered"),
        (lambda made: (made / "database.dump").write_bytes(b"ro"), "database.dump has 2 bytes instead of 4"),
        (lambda made: (made / "bundles" / "one" / "model.txt").unlink(), "bundles/one/model.txt is missing"),
        (lambda made: (made / "manifest.json").unlink(), "not a finished backup"),
        (lambda made: (made / "manifest.json").write_text("{"), "manifest.json is damaged"),
        (lambda made: (made / "manifest.json").write_text('{"format": 1}'), "manifest.json is damaged"),
        (lambda made: (made / "manifest.sig").unlink(), "not what was signed"),
        (lambda made: made.rename(made.with_name("elsewhere")), "There is no backup at"),
    ],
)
def test_damaged_backup_is_refused_and_nothing_is_written(
    change: Change, said: str, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(made)
    assert restore(made) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_count_that_was_altered_no_longer_carries_the_signature(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (made / "manifest.json").read_text()
    (made / "manifest.json").write_text(text.replace('"a": 2', '"a": 1'))
    assert restore(made) == 1
    assert "not what was signed" in capsys.readouterr().err


def test_older_format_names_the_software_that_reads_it(made: Path) -> None:
    (made / "manifest.json").write_text(json.dumps({"format": 0, "software": "0.0.9"}))
    with pytest.raises(BackupError, match=r"format 0 and this software reads format 1.*0\.0\.9"):
        manifest.read(made)


def test_file_names_that_lead_out_are_refused(made: Path) -> None:
    page = manifest.read(made)
    escaping = replace(page, files=page.files | {"../x": next(iter(page.files.values()))})
    manifest.write(made, escaping, Ed25519PrivateKey.generate())
    with pytest.raises(BackupError, match="outside its own folder"):
        manifest.read(made)


def test_keys_of_another_backup_are_refused(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = made.with_name("backup-keys") / "keys.json"
    index.write_text(index.read_text() + "\n")
    assert restore(made) == 1
    assert "not those of this backup" in capsys.readouterr().err


def test_damaged_key_is_named(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (made.with_name("backup-keys") / keys.LEDGER_KEY).write_text("x")
    assert restore(made) == 1
    assert f"{keys.LEDGER_KEY} has 1 bytes" in capsys.readouterr().err


def test_other_master_key_in_the_environment_is_refused(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MASTER_KEY", "another")
    assert restore(made) == 1
    said = capsys.readouterr().err
    assert "MASTER_KEY is set here, and neither it nor MASTER_KEYS_RETIRED is the one of the backup" in said
    assert "another" not in said


def test_occupied_installation_is_refused_and_not_touched(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "secrets.json").write_text("{}")
    assert restore(made) == 1
    assert "empty installation only" in capsys.readouterr().err
    assert os.listdir(tmp_path / "new") == ["secrets.json"]


def test_failure_after_the_start_leaves_the_folder_empty(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []

    def fail(*_args: object, **_options: object) -> int:
        seen.extend(os.listdir(tmp_path / "new"))
        return 1

    monkeypatch.setattr(backup, "guarded", fail)
    assert restore(made) == 1
    assert {"secrets.json", "keys", "bundles", "restore-unfinished"} <= set(seen)
    assert os.listdir(tmp_path / "new") == []
    assert "is empty again" in capsys.readouterr().out


def test_restore_that_was_killed_is_named(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "restore-unfinished").touch()
    for act in (lambda: restore(made), lambda: backup.backup(str(tmp_path / "to"))):
        assert act() == 1
        assert "did not end. `make stop`, remove that folder" in capsys.readouterr().err


def test_nothing_to_back_up_is_said(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert backup.backup(str(tmp_path / "to")) == 1
    assert "nothing to back up" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_backup_inside_what_it_protects_is_refused(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "servers.json").write_text('{"postgres_port": 1}')
    assert backup.backup(str(tmp_path / "new" / "backups")) == 1
    assert "lies in the data folder" in capsys.readouterr().err
