"""Receivers that answer after seconds, the real worker processes, and an application that is scored meanwhile."""

import os
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as live
from django.db import connection, transaction

from applications.models import Application
from applications.services import credit_file_add
from common import jobs, ledger
from common.actors import SYSTEM
from creditportal.celery import app
from creditportal.embedded.layout import PROJECT
from creditportal.serve import commands
from integrations.enums import DeliveryState
from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.services import webhook_create
from scoring.models import Score
from tests.factories.applications import ApplicationFactory, credit_file
from tests.integration.integrations.conftest import Handler, Receiver

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
RECEIVERS, EACH, SECONDS, PROMPT = 3, 4, 3.0, 8.0


class SlowHandler(Handler):
    def plain(self, status: int) -> None:
        self.server.over.wait(SECONDS)
        super().plain(status)


@pytest.fixture
def slow_receivers(settings: Any) -> Iterator[list[Any]]:
    settings.WEBHOOK_ALLOWED_NETWORKS, settings.WEBHOOK_ALLOW_HTTP = ["127.0.0.1/32"], True
    servers = [Receiver() for _number in range(RECEIVERS)]
    for server in servers:
        server.RequestHandlerClass = SlowHandler
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield servers
    for server in servers:
        server.over.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def workers(champion: Any, settings: Any, tmp_path: Path) -> Iterator[redis.Redis]:
    """What `make run` starts, on the database of the test, each with one place to work."""
    known = connection.get_connection_params()
    address = "postgresql://{user}:{password}@{host}:{port}/{dbname}".format(
        **{"password": ""} | {key: known[key] for key in ("user", "password", "host", "port", "dbname") if key in known}
    )
    own = {
        "DATABASE_URL": address, "DATABASE_OWNER_URL": address, "REDIS_URL": live.REDIS_URL, "WORKER_PROCESSES": "1",
        "DJANGO_SETTINGS_MODULE": "creditportal.settings.test", "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.1/32",
        "WEBHOOK_ALLOW_HTTP": "1",
        "BUNDLE_DIR": str(settings.BUNDLE_DIR), "BUNDLE_PUBLIC_KEY": settings.BUNDLE_PUBLIC_KEY,
    }  # fmt: skip
    environment = dict(os.environ) | commands.THREADS | own
    started = []
    with (tmp_path / "workers.log").open("wb") as log:
        for command in (commands.worker(), commands.deliveries()):
            started.append(subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=log, stderr=log))
        client = redis.Redis.from_url(live.REDIS_URL)
        until(lambda: len(client.keys("portal:worker:*")) == 2, 60, tmp_path / "workers.log")
        yield client
        for process in started:
            process.terminate()
        for process in started:
            process.wait(30)
        client.close()


def until(condition: Callable[[], bool], seconds: float, log: Path | None = None) -> float:
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, log.read_text() if log else "too late"
        time.sleep(0.05)
    return time.monotonic() - begun


@transaction.atomic
def letters_written(application: Application, count: int) -> None:
    for _number in range(count):
        facts = {"notice": str(uuid.uuid4()), "kind": "refusal", "pdf_sha256": "0" * 64}
        ledger.record(action="notice.written", subject=application, actor=SYSTEM, facts=facts)


def test_slow_receivers_do_not_hold_up_a_score(workers: redis.Redis, slow_receivers: list[Any], tmp_path: Path) -> None:
    application = ApplicationFactory()
    for number, server in enumerate(slow_receivers):
        webhook_create(name=f"slow {number}", url=server.url, events=["letter.ready"], branch=None, actor=SYSTEM)
    letters_written(application, EACH)
    until(lambda: all(server.received for server in slow_receivers), 20, tmp_path / "workers.log")

    credit_file_add(application=application, file=credit_file(AMT_CREDIT=90_000), source="portal", actor=SYSTEM)
    took = until(lambda: Score.objects.filter(application=application).exists(), PROMPT, tmp_path / "workers.log")

    waiting = WebhookDelivery.objects.filter(state=DeliveryState.WAITING).count()
    assert waiting, "the receivers were too quick to prove anything"
    assert took < RECEIVERS * EACH * SECONDS / 2
    assert {len(server.received) for server in slow_receivers} <= {1, 2, 3}, "one at a time for each"
    assert WebhookEndpoint.objects.exclude(busy_until=None).count() == RECEIVERS
    until(lambda: not WebhookDelivery.objects.exclude(state=DeliveryState.DELIVERED).exists(), 60)


def test_a_long_line_of_batch_pieces_stands_behind_a_score(settings: Any) -> None:
    """In the order in which a worker takes them."""
    own = str(uuid.uuid4())  # nudges of other tests go elsewhere
    settings.JOB_QUEUES = {"score_batch_chunk": own, "score_application": own}
    for number in range(3):
        jobs.nudge(uuid.UUID(int=number), "score_batch_chunk")
    jobs.nudge(uuid.UUID(int=9), "score_application")
    taken = []
    with app.connection_for_read() as link, link.SimpleQueue(own) as line:
        for _number in range(4):
            message = line.get(timeout=5)
            taken.append(uuid.UUID(message.payload[0][0]).int)
            message.ack()
    assert taken == [9, 0, 1, 2]
