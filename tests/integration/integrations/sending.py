"""Something to tell, and what a worker does about it."""

import uuid

from django.db import transaction
from django.utils import timezone

from common import jobs, ledger
from common.actors import SYSTEM
from common.models import Job, JobState
from integrations import deliveries, signing, tasks
from integrations.models import WebhookDelivery
from tests.factories.applications import ApplicantFactory, ApplicationFactory

assert tasks  # what a worker imports: it registers what runs the jobs


def application_in(branch):
    return ApplicationFactory(applicant=ApplicantFactory(branch=branch))


@transaction.atomic
def letter_written(branch, application=None):
    application = application or application_in(branch)
    facts = {"notice": str(uuid.uuid4()), "kind": "refusal", "pdf_sha256": "0" * 64}
    return ledger.record(action="notice.written", subject=application, actor=SYSTEM, facts=facts)


def send_due():
    """What a worker does now; jobs of other kinds are left alone."""
    kinds = (deliveries.SEND_JOB, deliveries.RELEASE_JOB)
    for job_id in [job for job in jobs.due() if Job.objects.get(id=job).kind in kinds]:
        jobs.run(job_id)


def send_later():
    """As if the wait were over."""
    Job.objects.filter(state=JobState.QUEUED).update(run_after=timezone.now())
    send_due()


def only():
    return WebhookDelivery.objects.get()


def verified(secret, sent):
    _path, headers, body = sent
    expected = signing.signature(secret, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    return expected in headers["webhook-signature"].split()
