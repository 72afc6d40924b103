import uuid
from datetime import timedelta

from common import jobs
from common.models import Job
from monitoring.services import MEASURE_JOB, REPORT_JOB, drift_report_create, metric_values_create

# Between two reports of progress: a hundred thousand predictions, and the whole of evidently on a slow machine
MEASURE_LEASE = timedelta(minutes=2)
REPORT_LEASE = timedelta(minutes=5, seconds=30)


@jobs.handler(MEASURE_JOB, lease=MEASURE_LEASE)
def measure_run(job: Job) -> None:
    metric_values_create(run_id=uuid.UUID(job.payload["run"]), tell=lambda percent: jobs.progress(job, percent))


@jobs.handler(REPORT_JOB, lease=REPORT_LEASE)
def report_run(job: Job) -> None:
    drift_report_create(run_id=uuid.UUID(job.payload["run"]), tell=lambda percent: jobs.progress(job, percent))
