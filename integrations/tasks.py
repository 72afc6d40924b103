import uuid
from datetime import timedelta

from celery import shared_task

from common import jobs
from common.models import Job
from integrations import deliveries


@jobs.handler(deliveries.SEND_JOB, lease=timedelta(minutes=1))
def send_delivery(job: Job) -> None:
    deliveries.deliver(delivery_id=uuid.UUID(job.payload["delivery"]), ticket=job.payload["ticket"])


@jobs.handler(deliveries.RELEASE_JOB, lease=timedelta(minutes=10))
def release_deliveries(job: Job) -> None:
    deliveries.release(endpoint_id=uuid.UUID(job.payload["endpoint"]))


@shared_task(name="integrations.keep_webhooks")
def keep_webhooks() -> None:
    deliveries.keep()
