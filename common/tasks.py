import uuid

from celery import shared_task

from common import jobs
from common.ledger.sealing import seal_all

EVERY = 15


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
