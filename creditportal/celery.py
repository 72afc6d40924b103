"""The Celery application: executes what the job rows ask for, and shows that it is alive."""

import contextlib
import os
import socket
from typing import Any

import redis
from celery import Celery, bootsteps
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "creditportal.settings.base")

HEARTBEAT_SECONDS = 10
HEARTBEAT_PREFIX = "portal:worker:"

app = Celery("creditportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.set_default()


@setup_logging.connect
def keep_django_logging(**_: Any) -> None:
    """Celery leaves logging alone once somebody answers this signal."""


class Heartbeat(bootsteps.StartStopStep):
    """A key that expires: the readiness page reads it without asking the worker anything."""

    requires = {"celery.worker.components:Timer"}

    def __init__(self, parent: Any, **_: Any) -> None:
        self.entry: Any = None
        self.client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)

    def start(self, parent: Any) -> None:
        self.beat(parent.hostname)
        self.entry = parent.timer.call_repeatedly(HEARTBEAT_SECONDS, self.beat, (parent.hostname,))

    def stop(self, parent: Any) -> None:
        if self.entry:
            self.entry.cancel()
        with contextlib.suppress(redis.RedisError):
            self.client.delete(HEARTBEAT_PREFIX + parent.hostname)

    def beat(self, hostname: str) -> None:
        # without the broker there is no work either: the next beat comes in ten seconds
        with contextlib.suppress(redis.RedisError):
            self.client.set(HEARTBEAT_PREFIX + hostname, socket.gethostname(), ex=3 * HEARTBEAT_SECONDS)


app.steps["worker"].add(Heartbeat)
