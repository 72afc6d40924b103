import uuid

from applications.models import CreditFile
from applications.services import SCORE_JOB
from common import jobs
from common.actors import SYSTEM
from common.errors import Conflict, Unavailable
from common.models import Job
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
