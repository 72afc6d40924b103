import uuid
from datetime import timedelta

from celery import shared_task

from applications.models import CreditFile
from applications.services import SCORE_JOB
from common import jobs
from common.actors import SYSTEM
from common.errors import Conflict, Unavailable
from common.models import Job
from scoring.batches.services import CHUNK_JOB, READ_JOB, batch_read, batches_keep, chunk_score
from scoring.services import score_create


@jobs.handler(SCORE_JOB)
def score_application(job: Job) -> None:
    credit_file = CreditFile.objects.select_related("application").get(id=uuid.UUID(job.payload["credit_file"]))
    try:
        score_create(application=credit_file.application, actor=SYSTEM, credit_file=credit_file)
    except Unavailable as error:  # a model may be registered in a moment
        raise jobs.TransientFailure(str(error.message)) from error
    except Conflict as error:
        if error.code != "file_is_stale":  # the newer version has a job of its own
            raise


@jobs.handler(READ_JOB, lease=timedelta(minutes=2))
def read_batch(job: Job) -> None:
    batch_read(batch_id=uuid.UUID(job.payload["batch"]), tell=lambda percent: jobs.progress(job, percent))


@jobs.handler(CHUNK_JOB, lease=timedelta(minutes=5))
def score_batch_chunk(job: Job) -> None:
    try:
        chunk_score(batch_id=uuid.UUID(job.payload["batch"]), number=job.payload["number"])
    except Unavailable as error:  # the bundle may come back
        raise jobs.TransientFailure(str(error.message)) from error


@shared_task(name="scoring.keep_batches")
def keep_batches() -> None:
    batches_keep()
