"""`make run` as a person meets it: started, broken in every way, started again, ended. One portal for all steps."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.house import House, a_house

pytestmark = pytest.mark.slow
NAMES = ("postgres", "valkey", "web", "worker", "deliveries", "beat")


@pytest.fixture(scope="module")
def one_house() -> Iterator[House]:
    with a_house() as one:
        yield one


@pytest.fixture
def house(one_house: House) -> House:
    """The one portal of this module, running: the tests come in any order."""
    if one_house.process is None or one_house.process.poll() is not None:
        one_house.run()
    return one_house


@pytest.fixture(autouse=True)
def _open_network(socket_enabled: None) -> None:
    """These tests speak to the portal they started."""


def works(house: House, name: str) -> bool:
    return bool(house.ready()[1]["components"].get(name, {}).get("status") == "ok")


def test_portal_serves_and_says_what_is_missing(house: House) -> None:
    status, body = house.ready()
    assert (status, body["status"]) == (200, "degraded")
    assert "No model is in service" in body["components"]["model"]["detail"]
    assert all(
        body["components"][name]["status"] == "ok"
        for name in ("database", "migrations", "broker", "worker", "deliveries")
    )


def test_second_run_is_told_about_the_first(house: House) -> None:
    done = house.command("run")
    assert done.returncode == 1
    assert f"The portal already runs from this data folder: http://127.0.0.1:{house.port}" in done.stderr


def test_taken_port_stops_the_start_before_anything_else(house: House, tmp_path: Path) -> None:
    done = house.command("run", DATA_DIR=str(tmp_path / "other"))
    assert done.returncode == 1
    assert f"Port {house.port} is already in use" in done.stderr
    assert not (tmp_path / "other" / "servers").exists()


def test_application_role_may_not_change_the_schema(house: House) -> None:
    address = house.layout.environment()["DATABASE_URL"]
    with psycopg.connect(address) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE intruder (id int)")


@pytest.mark.parametrize("name", NAMES)
def test_killed_process_is_started_again(house: House, name: str) -> None:
    before, said = house.pids()[name], house.said().count(f"{name} runs again")
    os.kill(before, signal.SIGKILL)
    house.wait(lambda: house.said().count(f"{name} runs again") > said, 60)
    assert f"{name} (process {before}) was ended by SIGKILL; starting it again in " in house.said()
    house.wait(lambda: works(house, "worker") and works(house, "deliveries"), 60)
    assert house.pids()[name] != before


def test_database_that_hangs_is_a_503_within_seconds(house: House) -> None:
    server = psutil.Process(house.pids()["postgres"])
    sessions = [child for child in server.children() if "portal_app" in " ".join(child.cmdline())]
    server.suspend()
    try:
        for session in sessions:
            session.terminate()
        started = time.monotonic()
        status, body = house.ready()
        assert (status, body["components"]["database"]["status"]) == (503, "down")
        assert time.monotonic() - started < 9
    finally:
        server.resume()
    house.wait(lambda: house.ready()[0] == 200, 30)


def test_everything_killed_at_once_is_recovered_from_with_the_data(house: House) -> None:
    with house.database() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer")
    assert house.process
    victims = [house.process.pid, *house.pids().values()]
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    house.process.wait(10)
    house.run()
    with house.database() as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_killed_supervisor_leaves_nothing_that_stays(house: House) -> None:
    assert house.process
    left = house.pids()
    house.process.kill()
    house.process.wait(10)
    assert all(psutil.pid_exists(pid) for pid in left.values())
    house.run()
    assert "ending postgres left from last time" in house.said()
    assert not set(left.values()) & set(house.pids().values())


def test_stop_ends_everything(house: House) -> None:
    assert house.process
    pids = house.pids().values()
    done = house.command("stop")
    assert (done.returncode, house.process.wait(30)) == (0, 0), done.stderr
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert "stopped; the data is kept" in house.said()
