"""A portal is backed up, lost, and comes back in another folder; a forged one does not."""

import base64
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from creditportal.embedded.layout import PROJECT, Layout, read_json
from creditportal.embedded.roles import DATABASE
from creditportal.embedded.servers import Servers, end, running, start_patiently

pytestmark = pytest.mark.slow
FOREIGN = (
    "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "MASTER_KEY",
    "MASTER_KEYS_RETIRED", "DATA_DIR", "BUNDLE_DIR",
)  # fmt: skip
CASE = """
from datetime import date
from accounts.models import Branch
from applications.services import applicant_create
from common.actors import SYSTEM
branch = Branch.objects.create(code="paris", name="Paris")
applicant_create(first_name="Ana", last_name="Sol", birth_date=date(1990, 1, 2), branch=branch, language="fr",
                 actor=SYSTEM, email="ana@example.org")
"""
READ = """
from applications.models import Applicant
from common import crypto
one = Applicant.objects.get()
print("READ", one.last_name, crypto.decrypt(one.subject_key, one.email_encrypted, one.id).decode())
"""


class Installation:
    def __init__(self, root: Path, **environment: str) -> None:
        self.layout, self.own = Layout(root), environment

    def run(self, action: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        own = {"DATA_DIR": str(self.layout.root), "MIN_FREE_MB": "100", "OMP_NUM_THREADS": "1"} | self.own
        return subprocess.run(
            [sys.executable, "-m", "creditportal.serve", action, "--", *arguments],
            env=kept | own, cwd=PROJECT, capture_output=True, text=True, timeout=300,
        )  # fmt: skip

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("with-servers", sys.executable, "manage.py", *arguments)

    def is_empty(self) -> bool:
        return not self.layout.root.exists() or not os.listdir(self.layout.root)


@pytest.fixture(autouse=True)
def _open_network(socket_enabled: None) -> None:
    """These tests speak to the servers they started."""


@pytest.fixture(scope="module")
def ground() -> Iterator[Path]:
    # not pytest's own folder: it is closed to the servers' account, which exists when this is root
    with tempfile.TemporaryDirectory(prefix="portal-backup-", ignore_cleanup_errors=True) as root:
        Path(root).chmod(0o755)
        yield Path(root)


@pytest.fixture(scope="module")
def source(ground: Path) -> Installation:
    one = Installation(ground / "source")
    bundle = one.layout.root / "bundles" / "home_credit-1"
    bundle.mkdir(parents=True)
    (bundle / "model.txt").write_text("tree")
    done = one.manage("shell", "-c", CASE)
    assert done.returncode == 0, done.stdout + done.stderr
    return one


@pytest.fixture(scope="module")
def backup(source: Installation, ground: Path) -> Path:
    return back_up(source, ground / "safe")


def back_up(one: Installation, to: Path) -> Path:
    done = one.run("backup", str(to))
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = (path for path in to.iterdir() if not path.name.endswith("-keys"))
    return found


def restore(one: Installation, backup: Path) -> subprocess.CompletedProcess[str]:
    return one.run("restore", str(backup), f"{backup}-keys")


def with_database(one: Installation, act: Callable[[psycopg.Connection], object]) -> None:
    """ACT as the cluster's superuser, whom nothing in the database stops."""
    servers = Servers(one.layout, tell=lambda _text: None)
    servers.prepare_postgres()
    process = start_patiently(servers.launch_postgres, servers.ready_postgres)
    try:
        address = servers.postgres.address(servers.secrets["POSTGRES_PASSWORD"], DATABASE)
        with psycopg.connect(address, autocommit=True) as connection:
            act(connection)
    finally:
        end(process, signal.SIGINT, 20)


def test_portal_comes_back_in_another_folder(backup: Path, ground: Path) -> None:
    new = Installation(ground / "new")
    done = restore(new, backup)
    assert done.returncode == 0, done.stdout + done.stderr
    for said in ("rows that the backup counted", "nothing was altered", "opens the data of 1 people"):
        assert said in done.stdout
    assert "READ Sol ana@example.org" in new.manage("shell", "-c", READ).stdout
    assert "Nothing was altered" in new.manage("ledger", "verify").stdout
    assert (new.layout.root / "bundles" / "home_credit-1" / "model.txt").read_text() == "tree"
    with_database(new, restored_with_its_rights)
    again = restore(new, backup)
    assert (again.returncode, "empty installation only" in again.stderr) == (1, True)


def restored_with_its_rights(connection: psycopg.Connection) -> None:
    found = connection.execute("SELECT facts FROM common_ledgerevent WHERE action = 'database.restored'").fetchall()
    assert [set(facts) for (facts,) in found] == [{"made_at", "software", "head_number", "head_sha256"}]
    allowed = "SELECT has_table_privilege('portal_app', 'common_ledgerevent', %s)"
    rights = [connection.execute(allowed, (right,)).fetchone() for right in ("INSERT", "UPDATE", "DELETE")]
    assert rights == [(True,), (False,), (False,)]


def test_record_altered_before_the_backup_is_found_and_nothing_stays(
    source: Installation, backup: Path, ground: Path
) -> None:
    with_database(source, alter)  # after the good backup was made
    forged = back_up(source, ground / "forged")
    new = Installation(ground / "never")
    done = restore(new, forged)
    assert done.returncode == 1
    assert "The ledger of the backup has 1 findings; the first: altered" in done.stderr
    assert new.is_empty()


def alter(connection: psycopg.Connection) -> None:
    connection.execute("SET session_replication_role = replica")  # triggers sleep
    connection.execute("UPDATE common_ledgerevent SET action = 'applicant.forged'")


def test_backup_opens_under_a_ring_of_keys_and_mid_rotation(backup: Path, ground: Path) -> None:
    old = read_json(Path(f"{backup}-keys") / "secrets.json")["MASTER_KEY"]
    new = base64.b64encode(b"a master key that came later....").decode()
    alone = Installation(ground / "alone", MASTER_KEY=new)
    refused = restore(alone, backup)
    assert (refused.returncode, "nor MASTER_KEYS_RETIRED is the one of the backup" in refused.stderr) == (1, True)
    assert alone.is_empty()
    ring = Installation(ground / "ring", MASTER_KEY=new, MASTER_KEYS_RETIRED=old)
    done = restore(ring, backup)
    assert done.returncode == 0, done.stdout + done.stderr
    amid = Installation(ground / "amid")
    done = restore(amid, back_up(ring, ground / "safe-amid"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 keys wrapped anew" in amid.manage("keys", "rotate").stdout
    amid.own = {"MASTER_KEY": new, "MASTER_KEYS_RETIRED": ""}
    assert "READ Sol ana@example.org" in amid.manage("shell", "-c", READ).stdout


def test_database_that_is_in_use_is_not_restored_over(
    backup: Path, ground: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    with (
        running(Layout(ground / "other"), tell=lambda _text: None, temporary=True) as values,
        psycopg.connect(values["DATABASE_OWNER_URL"], autocommit=True) as connection,
    ):
        new = Installation(ground / "external", **values)
        connection.execute("CREATE TABLE precious AS SELECT 1 AS one")
        done = restore(new, backup)
        assert (done.returncode, "already holds 1 tables, such as precious" in done.stderr) == (1, True)
        assert new.is_empty()
        connection.execute("DROP TABLE precious")
        done = restore(new, backup)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not (new.layout.root / "servers" / "postgres").exists()
        assert connection.execute("SELECT last_name FROM applications_applicant").fetchone() == ("Sol",)
