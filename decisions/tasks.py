import smtplib
import uuid
from datetime import timedelta

from celery import shared_task

from common import jobs
from common.models import Job
from decisions.audit.services import EXPORT_JOB, export_write, exports_keep
from decisions.contests.services import answer_notice_create
from decisions.letters.services import CONTEST_WRITE_JOB, SEND_JOB, WRITE_JOB, notice_create, notice_send
from decisions.models import ContestAnswer, Decision
from decisions.privacy.services import retention_run


@jobs.handler(WRITE_JOB)
def write_notice(job: Job) -> None:
    decision = Decision.objects.select_related("application__applicant__subject_key")
    notice_create(decision=decision.get(id=uuid.UUID(job.payload["decision"])))


@jobs.handler(CONTEST_WRITE_JOB)
def write_contest_notice(job: Job) -> None:
    answers = ContestAnswer.objects.select_related("contest__decision", "application__applicant__subject_key")
    answer_notice_create(answer=answers.get(id=uuid.UUID(job.payload["answer"])))


@jobs.handler(SEND_JOB)
def send_notice(job: Job) -> None:
    try:
        notice_send(notice_id=uuid.UUID(job.payload["notice"]))
    except (OSError, smtplib.SMTPException) as error:  # the mail server may come back
        raise jobs.TransientFailure(type(error).__name__) from error


@shared_task(name="decisions.retention")
def retention() -> None:
    retention_run()


@jobs.handler(EXPORT_JOB, lease=timedelta(minutes=5))
def write_export(job: Job) -> None:
    export_write(export_id=uuid.UUID(job.payload["export"]), tell=lambda percent: jobs.progress(job, percent))


@shared_task(name="decisions.keep_exports")
def keep_exports() -> None:
    exports_keep()
