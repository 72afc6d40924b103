import logging
import uuid
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from common import jobs
from common.actors import SYSTEM
from common.ledger.sealing import seal_all
from common.ledger.verification import record_verification, verify
from common.models import Job

EVERY = 15
VERIFY_JOB = "verify_ledger"
logger = logging.getLogger(__name__)


@shared_task(name="common.run_job")
def run_job(job_id: str) -> None:
    jobs.run(uuid.UUID(job_id))


@shared_task(name="common.reconcile_jobs")
def reconcile_jobs() -> None:
    for job_id, kind in jobs.waiting():
        jobs.nudge(job_id, kind, expires=EVERY)  # the next round tells of what still waits: no heap of nudges grows


@shared_task(name="common.seal_ledger")
def seal_ledger() -> None:
    seal_all()


@shared_task(name="common.verify_daily")
def verify_daily() -> None:
    """Asked for again and again, done once a day: a portal that was off at midnight does it when it is on again."""
    jobs.enqueue(kind=VERIFY_JOB, key=timezone.localdate().isoformat(), payload={})


@jobs.handler(VERIFY_JOB, lease=timedelta(minutes=30))
def verify_ledger(job: Job) -> None:
    found = verify()
    record_verification(found, SYSTEM)
    if found.findings:
        first = found.findings[0]
        facts = {"findings": len(found.findings), "kind": first.kind, "record_type": first.record_type}
        logger.critical("ledger_altered", extra=facts)
