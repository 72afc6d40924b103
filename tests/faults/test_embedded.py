import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from creditportal.embedded import servers as embedded
from creditportal.embedded.errors import StartError
from creditportal.embedded.layout import PROJECT, Layout
from creditportal.embedded.servers import Servers, start_patiently

pytestmark = pytest.mark.slow


@pytest.fixture
def layout() -> Iterator[Layout]:
    # not pytest's own folder: it is closed to the servers' account, which exists when this is root
    with tempfile.TemporaryDirectory(prefix="portal-embedded-", ignore_cleanup_errors=True) as root:
        Path(root).chmod(0o755)
        yield Layout(Path(root) / "data")


@pytest.fixture
def servers(layout: Layout) -> Iterator[Servers]:
    one = Servers(layout, tell=lambda _text: None)
    one.prepare_postgres()
    yield one
    left = one.postgres.leftover()
    if left:
        left.kill()


def start(servers: Servers) -> embedded.Process:
    return start_patiently(servers.launch_postgres, servers.ready_postgres)


def ask(servers: Servers, statement: str) -> object:
    with psycopg.connect(servers.environment()["DATABASE_OWNER_URL"], autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone() if cursor.description else None


def test_killed_database_starts_again_with_its_data(servers: Servers) -> None:
    process = start(servers)
    ask(servers, "CREATE TABLE kept AS SELECT 7 AS answer")
    os.kill(process.pid, signal.SIGKILL)
    process.wait(5)
    again = start(servers)
    assert ask(servers, "SELECT answer FROM kept") == (7,)
    embedded.end(again, signal.SIGINT, 20)


def test_lock_file_with_the_number_of_a_stranger_does_not_stop_the_start(servers: Servers) -> None:
    lock = servers.postgres.data / "postmaster.pid"
    process = start(servers)
    facts = lock.read_text().split("\n", 1)[1]
    os.kill(process.pid, signal.SIGKILL)
    process.wait(5)
    lock.write_text(f"{os.getpid()}\n{facts}")
    embedded.end(start(servers), signal.SIGINT, 20)


def test_zombie_of_the_killed_server_does_not_stop_the_start(servers: Servers) -> None:
    zombie = start(servers)
    os.kill(zombie.pid, signal.SIGKILL)
    again = start(servers)  # the first was not waited for: it still has its number
    zombie.wait(5)
    embedded.end(again, signal.SIGINT, 20)


def test_database_left_running_is_ended_before_a_new_start(servers: Servers, layout: Layout) -> None:
    process = start(servers)
    second = Servers(layout, tell=lambda _text: None)
    second.prepare_postgres()
    process.wait(5)
    assert process.returncode is not None
    embedded.end(start(second), signal.SIGINT, 20)


def test_database_that_cannot_start_shows_its_log(servers: Servers) -> None:
    (servers.postgres.data / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(StartError, match=r"(?s)no_such_setting.*Its whole log: .*postgres.log"):
        start(servers)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the servers as another account")
def test_closed_folder_never_gets_a_second_empty_database(servers: Servers, layout: Layout) -> None:
    layout.root.parent.chmod(0o700)
    with pytest.raises(StartError, match=rf"chmod o\+x {layout.root.parent}"):
        Servers(layout, tell=lambda _text: None)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the servers as another account")
def test_folder_closed_from_the_start_moves_the_files_and_says_so(layout: Layout) -> None:
    layout.root.parent.chmod(0o700)
    told: list[str] = []
    one = Servers(layout, tell=told.append)
    one.prepare_postgres()
    process = start(one)
    assert ask(one, "SELECT 1") == (1,)
    embedded.end(process, signal.SIGINT, 20)
    assert f"its files go to {one.base}" in told[0]
    assert not one.base.is_relative_to(layout.root)
    shutil.rmtree(one.base)


def test_folder_without_a_database_is_never_overwritten(layout: Layout) -> None:
    precious = layout.root / "servers" / "postgres" / "precious"
    precious.parent.mkdir(parents=True)
    precious.write_text("mine")
    with pytest.raises(StartError, match="holds no PostgreSQL database"):
        Servers(layout, tell=lambda _text: None).prepare_postgres()
    assert precious.read_text() == "mine"


def test_command_gets_temporary_servers_that_are_gone_afterwards() -> None:
    code = "import os, psycopg; c = psycopg.connect(os.environ['DATABASE_URL']); print(c.info.user, c.info.backend_pid)"
    command = [sys.executable, "-m", "creditportal.embedded", "run", "--", sys.executable, "-c", code]
    bare = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    done = subprocess.run(command, cwd=PROJECT, env=bare, capture_output=True, text=True, timeout=60)
    user, backend = done.stdout.split()
    assert (done.returncode, user) == (0, "portal_app")
    assert not psutil.pid_exists(int(backend))


def test_servers_of_the_environment_are_used_instead() -> None:
    given = {"DATABASE_URL": "postgresql://me@example.invalid/db", "REDIS_URL": "redis://example.invalid/0"}
    code = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'])"
    command = [sys.executable, "-m", "creditportal.embedded", "run", "--", sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=PROJECT, env=dict(os.environ) | given, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == list(given.values())


def test_exit_status_of_the_command_is_passed_on() -> None:
    command = [sys.executable, "-m", "creditportal.embedded", "run", "--", sys.executable, "-c", "raise SystemExit(3)"]
    given = {"DATABASE_URL": "postgresql://me@example.invalid/db", "REDIS_URL": "redis://example.invalid/0"}
    done = subprocess.run(command, cwd=PROJECT, env=dict(os.environ) | given, timeout=60)
    assert done.returncode == 3
