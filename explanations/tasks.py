import uuid

from common import jobs
from common.actors import SYSTEM
from common.errors import Unavailable
from common.models import Job
from explanations.services import explanation_create
from scoring.services import EXPLAIN_JOB


@jobs.handler(EXPLAIN_JOB)
def explain_score(job: Job) -> None:
    try:
        explanation_create(score_id=uuid.UUID(job.payload["score"]), actor=SYSTEM)
    except Unavailable as error:  # the bundle may come back
        raise jobs.TransientFailure(str(error.message)) from error
