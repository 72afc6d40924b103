import base64
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from creditportal.settings import environment as env

KEY = base64.b64encode(b"k" * 32).decode()


@pytest.fixture(autouse=True)
def _no_database_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "MASTER_KEYS_RETIRED"):
        monkeypatch.delenv(name, raising=False)


def test_missing_value_names_the_variable() -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL is not set"):
        env.url("DATABASE_URL", env.POSTGRES_SCHEMES)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("mysql://a:hidden@host/db", "not a mysql address"),
        ("just-a-word", "not a scheme-less address"),
        ("postgresql://a:hidden@host:port/db", "expected postgresql://"),
        ("postgresql:///db", "host is missing"),
        ("postgresql://a:hidden@host:5432", "database's name is missing"),
    ],
)
def test_wrong_database_url_says_why_and_hides_the_password(
    value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", value)
    with pytest.raises(ImproperlyConfigured, match=said) as caught:
        env.url("DATABASE_URL", env.POSTGRES_SCHEMES)
    assert "hidden" not in str(caught.value)


def test_value_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    monkeypatch.setenv("MASTER_KEY_FILE", str(tmp_path / "secret"))
    assert env.text("MASTER_KEY") == "from a file"


def test_unreadable_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTER_KEY_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(ImproperlyConfigured, match=r"MASTER_KEY_FILE: .*nowhere cannot be read"):
        env.text("MASTER_KEY")


@pytest.mark.parametrize("key", ["short", base64.b64encode(b"k" * 31).decode(), "not base64 at all!"])
def test_master_key_of_the_wrong_size_is_refused(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTER_KEY", key)
    with pytest.raises(ImproperlyConfigured, match="32 bytes in base64"):
        env.master_keys()


def test_retired_master_keys_come_after_the_one_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    old = base64.b64encode(b"o" * 32).decode()
    monkeypatch.setenv("MASTER_KEY", KEY)
    monkeypatch.setenv("MASTER_KEYS_RETIRED", old)
    assert env.master_keys() == [KEY, old]


@pytest.mark.parametrize("value", ["-1", "many", "0"])
def test_number_out_of_range_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", value)
    with pytest.raises(ImproperlyConfigured, match="at least 1"):
        env.integer("DATABASE_POOL_SIZE", 8, minimum=1)


def test_flag_takes_no_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_HTTPS", "maybe")
    with pytest.raises(ImproperlyConfigured, match="say 1 or 0"):
        env.flag("PORTAL_HTTPS")


@pytest.mark.parametrize(("command", "role"), [("migrate", "owner"), ("runserver", "app")])
def test_only_schema_commands_connect_as_the_owner(command: str, role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@host/db")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner@host/db")
    monkeypatch.setenv("DATABASE_STATEMENT_TIMEOUT_MS", "1")
    env.use_owner_role(command)
    assert env.text("DATABASE_URL") == f"postgresql://{role}@host/db"
