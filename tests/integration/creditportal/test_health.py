from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from creditportal import health


def test_live_needs_nothing(client: Client) -> None:
    assert client.get("/health/live").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_without_broker_or_model_still_serves(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/health/ready")
    components = answer.json()["components"]
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert components["model"]["status"] == "degraded"
    assert (components["broker"]["status"], components["worker"]["status"]) == ("down", "unknown")


@pytest.mark.django_db
def test_waiting_migrations_are_down(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda _self, _targets: ["one"])
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["components"]["migrations"]["waiting"]) == (503, 1)


@pytest.mark.django_db
def test_database_away_is_503_here_and_on_pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused for user someone")

    monkeypatch.setattr(connection, "cursor", away)
    client.raise_request_exception = False
    client.cookies["sessionid"] = "k" * 32
    assert client.get("/health/ready").status_code == 503
    page = client.get("/")
    assert (page.status_code, page["Retry-After"]) == (503, "10")
    assert b"someone" not in page.content
    assert b"Traceback" not in page.content


@pytest.mark.django_db
def test_every_answer_has_an_id_and_a_strict_policy(client: Client) -> None:
    answer = client.get("/accounts/login/")
    policy = answer["Content-Security-Policy"]
    assert answer["X-Request-ID"]
    assert "unsafe" not in policy
    for part in ("default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert part in policy


@pytest.mark.django_db
def test_nobody_signs_up(client: Client) -> None:
    answer = client.get("/accounts/signup/")
    assert b"<form" not in answer.content or b"password1" not in answer.content


@pytest.mark.django_db
def test_each_worker_and_its_line_are_told(client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lists = {"celery": 2, "celery\x06\x169": 500, "deliveries": 7}

    class Broker:
        def __enter__(self) -> "Broker":
            return self

        def __exit__(self, *_: object) -> None: ...

        def llen(self, key: str) -> int:
            return lists.get(key, 0)

        def scan_iter(self, match: str, count: int) -> list[str]:
            return ["portal:worker:celery@here"] if match == "portal:worker:celery@*" else []

    monkeypatch.setattr(health.redis.Redis, "from_url", lambda *_, **__: Broker())
    components = client.get("/health/ready").json()["components"]
    assert components["worker"] == {"status": "ok", "workers": 1, "queue": 502}
    assert (components["deliveries"]["status"], components["deliveries"]["queue"]) == ("down", 7)
