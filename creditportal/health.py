"""Is this process alive, and can it serve? Every question is answered within about a second."""

import logging
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common import jobs
from common.errors import PortalError
from creditportal.celery import HEARTBEAT_PREFIX
from creditportal.serve.commands import WORKERS
from scoring import registry
from scoring.enums import ModelState
from scoring.models import ModelVersion

logger = logging.getLogger(__name__)
Component = dict[str, Any]
PRIORITY_MARK = "\x06\x16"  # between a queue and a priority, in the names that Celery gives its lists
_migrated = False  # true for the life of the process: a schema never goes back under it


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when people can work, even with a part missing; 503 when they cannot."""
    components = {"database": _database()}
    if components["database"]["status"] == "ok":
        components |= {"migrations": _guarded(_migrations), "model": _guarded(_model)}
    components |= _queue()
    required = ("database", "migrations")
    serves = all(components.get(name, {}).get("status") == "ok" for name in required)
    degraded = any(part["status"] != "ok" for part in components.values())
    status = ("degraded" if degraded else "ok") if serves else "down"
    return JsonResponse({"status": status, "components": components}, status=200 if serves else 503)


def _database() -> Component:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        return _down(_("The database does not answer."), error)
    return {"status": "ok"}


def _migrations() -> Component:
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            return {"status": "down", "detail": _("Migrations wait: run manage.py migrate."), "waiting": len(waiting)}
        _migrated = True
    return {"status": "ok"}


def _model() -> Component:
    """Loads what is in service, so that the first applicant does not wait for it."""
    champions = list(ModelVersion.objects.filter(state=ModelState.CHAMPION))
    if not champions:
        return {"status": "degraded", "detail": _("No model is in service: applications can be entered, not scored.")}
    try:
        for champion in champions:
            registry.load(champion)
    except PortalError as error:
        return {"status": "degraded", "detail": str(error.message), "code": error.code}
    return {"status": "ok", "versions": [champion.version for champion in champions]}


def _queue() -> dict[str, Component]:
    """Without the broker nothing is lost: jobs wait in the database, and pages say so."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
    try:
        with client:
            found = {name: _line(client, name, queue) for name, queue in WORKERS.items()}
    except redis.RedisError as error:
        broker = _down(_("The broker does not answer; explanations and batches wait."), error)
        unknown: Component = {"status": "unknown", "detail": _("Not known without the broker.")}
        return {"broker": broker} | dict.fromkeys(WORKERS, unknown)
    for name, said in (
        ("worker", _("No worker runs; explanations and batches wait.")),
        ("deliveries", _("Nothing sends webhooks and letters; they wait.")),
    ):
        if not found[name]["workers"]:
            found[name] |= {"status": "down", "detail": said}
    return {"broker": {"status": "ok"}} | found


def _line(client: redis.Redis, name: str, queue: str) -> Component:
    """The workers of one queue and the nudges that wait in it, those at the end of the line included."""
    workers = sum(1 for _key in client.scan_iter(match=f"{HEARTBEAT_PREFIX}{queue}@*", count=1000))
    keys = (queue, f"{queue}{PRIORITY_MARK}{jobs.LAST}")
    return {"status": "ok", "workers": workers, "queue": sum(int(client.llen(key)) for key in keys)}  # type: ignore[arg-type]


def _guarded(check: Callable[[], Component]) -> Component:
    try:
        return check()
    except Error as error:
        return _down(_("The database does not answer."), error)


def _down(detail: str, error: Exception) -> Component:
    logger.warning("component_down", extra={"error": type(error).__name__})
    return {"status": "down", "detail": detail}
