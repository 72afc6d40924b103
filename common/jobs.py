"""Durable jobs: the row is the truth, Celery only executes (ADR 0003).

A job is written in its cause's transaction and nudged after commit. A nudge that fails costs nothing:
the reconciler in beat nudges again. A worker that dies leaves a lease that lapses. The settings say which kinds
go to a worker of their own, which stand behind what a person waits for, and which may not take every place
(``JOB_QUEUES``, ``JOBS_LAST``, ``JOBS_LONG``).
"""

import logging
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from common.errors import PortalError
from common.models import Job, JobState

logger = logging.getLogger(__name__)

Handler = Callable[[Job], None]
SHORT_LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 5
BROKER_PAUSE_SECONDS = 10.0
QUEUE = "celery"
LAST = 9  # with Redis the lowest number is served first, and 0 is what a message without one has
DUE_AT_ONCE = 500
LONG_JOBS_LOCK = 5_270_001  # any number that no other advisory lock has
PAUSE_SECONDS = 1.0

_handlers: dict[str, tuple[Handler, timedelta]] = {}
_broker_paused_until = 0.0


class TransientFailure(Exception):
    """Raised by a handler for a cause that passes by itself, such as a model that is not there yet."""


class NotItsTurn(Exception):
    """Raised by a handler while another job has what it needs; whoever has it nudges the next one. Not an attempt."""


def handler(kind: str, lease: timedelta = SHORT_LEASE) -> Callable[[Handler], Handler]:
    """Register what executes a kind of job; ``lease`` is longer than the longest run between two progress reports."""

    def register(function: Handler) -> Handler:
        _handlers[kind] = (function, lease)
        return function

    return register


def enqueue(*, kind: str, key: str, payload: dict[str, Any], at: datetime | None = None) -> Job:
    """Write the job once per kind and key; asking again for a failed one starts it afresh.

    One for later (``at``) is left to the reconciler, which looks every few seconds.
    """
    now = at or timezone.now()
    job, created = Job.objects.get_or_create(kind=kind, key=key, defaults={"payload": payload, "run_after": now})
    if not created and job.state == JobState.FAILED:
        job.state, job.attempts, job.run_after, job.error, job.error_code = JobState.QUEUED, 0, now, "", ""
        job.save(update_fields=["state", "attempts", "run_after", "error", "error_code"])
    if job.is_open and at is None:
        transaction.on_commit(lambda: nudge(job.id, job.kind), robust=True)
    return job


def revive(*, kind: str) -> int:
    """Start every failed job of a kind afresh, because what they missed is there now."""
    now = timezone.now()
    return Job.objects.filter(kind=kind, state=JobState.FAILED).update(
        state=JobState.QUEUED, attempts=0, run_after=now, error="", error_code="", finished_at=None
    )


def is_open(*, kind: str, key: str) -> bool:
    """Whether this work still waits or runs."""
    return Job.objects.filter(kind=kind, key=key, state__in=[JobState.QUEUED, JobState.RUNNING]).exists()


def nudge(job_id: uuid.UUID, kind: str, *, expires: int | None = None) -> None:
    """Tell a worker at once. Never waits for a broker that just failed: the reconciler will."""
    global _broker_paused_until  # one circuit breaker per process
    from common.tasks import run_job

    if time.monotonic() < _broker_paused_until:
        return
    try:
        run_job.apply_async((str(job_id),), retry=False, expires=expires, **_way(kind))
    except Exception as error:  # any transport failure: the row stays queued
        _broker_paused_until = time.monotonic() + BROKER_PAUSE_SECONDS
        logger.warning("broker_unreachable", extra={"error": type(error).__name__})


def nudge_key(*, kind: str, key: str) -> None:
    """Tell a worker of a job that gave way to another one."""
    for job_id in Job.objects.filter(_claimable(timezone.now()), kind=kind, key=key).values_list("id", flat=True):
        nudge(job_id, kind)


def _way(kind: str) -> dict[str, Any]:
    way: dict[str, Any] = {"queue": settings.JOB_QUEUES.get(kind, QUEUE)}
    way["priority"] = LAST if kind in settings.JOBS_LAST else 0
    if kind in settings.JOBS_LONG:
        way["soft_time_limit"] = settings.JOBS_LONG_SECONDS
        way["time_limit"] = settings.JOBS_LONG_SECONDS + 30
    return way


def run(job_id: uuid.UUID) -> JobState | None:
    """Claim and execute one job; returns its new state, or None when another worker has it or it is done."""
    job = _claim(job_id)
    if job is None:
        return None
    state = _execute(job)
    if job.kind in settings.JOBS_LONG:
        _nudge_next_long()
    return state


def _execute(job: Job) -> JobState:
    try:
        _handlers[job.kind][0](job)
    except NotItsTurn:
        return _give_back(job)
    except TransientFailure as error:
        return _postpone(job, "transient", str(error))
    except PortalError as error:
        return _finish(job, JobState.FAILED, error.code, str(error.message))
    except Exception as error:
        logger.exception("job_failed", extra={"job_id": str(job.id), "kind": job.kind})
        return _postpone(job, "unexpected", type(error).__name__)
    return _finish(job, JobState.DONE)


def run_all_here(report: Callable[[int], None], every: int = 100) -> int:
    """Execute every due job in this process, the jobs they cause included; for commands and tests."""
    autodiscover_modules("tasks")
    done = 0
    while batch := due():
        before = done
        for job_id in batch:
            done += run(job_id) is not None
            if done != before and done % every == 0:
                report(done)
        if done == before:
            time.sleep(PAUSE_SECONDS)  # a worker has what they need
    return done


def due() -> list[uuid.UUID]:
    """Jobs that wait although they could run: nudges that were lost and leases that lapsed."""
    return [job_id for job_id, _kind in waiting()]


def waiting() -> list[tuple[uuid.UUID, str]]:
    """What is due, with its kind: so many of each way that a long line of one hides nothing of another."""
    last = set(settings.JOBS_LAST)
    apart = [{kind for kind, name in settings.JOB_QUEUES.items() if name == queue} for queue in _queues()]
    asked = [~Q(kind__in=last.union(*apart)), *(Q(kind__in=kinds) for kinds in (*apart, last))]
    rows = Job.objects.filter(_claimable(timezone.now())).order_by("run_after").values_list("id", "kind")
    return [row for kinds in asked for row in rows.filter(kinds)[:DUE_AT_ONCE]]


def _queues() -> list[str]:
    return sorted(set(settings.JOB_QUEUES.values()))


def progress(job: Job, percent: int) -> None:
    """Show how far a long job is and keep its lease."""
    Job.objects.filter(id=job.id, attempts=job.attempts).update(
        progress=min(percent, 99), lease_until=timezone.now() + _lease(job.kind)
    )


def _claimable(now: Any) -> Q:
    return Q(state=JobState.QUEUED, run_after__lte=now) | Q(state=JobState.RUNNING, lease_until__lt=now)


def _lease(kind: str) -> timedelta:
    return _handlers[kind][1] if kind in _handlers else SHORT_LEASE


def _claim(job_id: uuid.UUID) -> Job | None:
    now = timezone.now()
    _give_up_on_a_job_that_kills_its_workers(job_id, now)
    kind = Job.objects.filter(id=job_id).values_list("kind", flat=True).first() or ""
    with transaction.atomic():
        if kind in settings.JOBS_LONG and not _has_place(now):
            return None  # it stays in line, and whichever ends nudges it
        taken = Job.objects.filter(_claimable(now), id=job_id).update(
            state=JobState.RUNNING, attempts=F("attempts") + 1, lease_until=now + _lease(kind)
        )
    return Job.objects.get(id=job_id) if taken else None


def _has_place(now: datetime) -> bool:
    """Whether another long job may run; two that ask at once are asked one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LONG_JOBS_LOCK])
    running = Job.objects.filter(kind__in=settings.JOBS_LONG, state=JobState.RUNNING, lease_until__gte=now)
    return running.count() < settings.LONG_JOBS_AT_ONCE


def _nudge_next_long() -> None:
    waiting_long = Job.objects.filter(_claimable(timezone.now()), kind__in=settings.JOBS_LONG).order_by("run_after")
    for job_id, kind in waiting_long.values_list("id", "kind")[:1]:
        nudge(job_id, kind)


def _give_up_on_a_job_that_kills_its_workers(job_id: uuid.UUID, now: datetime) -> None:
    Job.objects.filter(id=job_id, state=JobState.RUNNING, lease_until__lt=now, attempts__gte=MAX_ATTEMPTS).update(
        state=JobState.FAILED,
        error_code="worker_lost",
        error=f"The worker died {MAX_ATTEMPTS} times on this job.",
        finished_at=now,
        lease_until=None,
    )


def _postpone(job: Job, code: str, error: str) -> JobState:
    if job.attempts >= MAX_ATTEMPTS:
        return _finish(job, JobState.FAILED, code, error)
    # 2, 4, 8, 16 s: long enough for a database or bundle to come back, short enough for a person who waits
    wait = timedelta(seconds=2**job.attempts)
    _still_mine(job).update(
        state=JobState.QUEUED, run_after=timezone.now() + wait, error_code=code, error=error, lease_until=None
    )
    return JobState.QUEUED


def _give_back(job: Job) -> JobState:
    _still_mine(job).update(state=JobState.QUEUED, attempts=F("attempts") - 1, lease_until=None)
    return JobState.QUEUED


def _finish(job: Job, state: JobState, code: str = "", error: str = "") -> JobState:
    _still_mine(job).update(
        state=state,
        error_code=code,
        error=error,
        progress=100 if state == JobState.DONE else job.progress,
        finished_at=timezone.now(),
        lease_until=None,
    )
    return state


def _still_mine(job: Job) -> Any:
    """A worker whose lease lapsed must not overwrite what its successor wrote."""
    return Job.objects.filter(id=job.id, attempts=job.attempts, state=JobState.RUNNING)
