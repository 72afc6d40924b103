"""What the auditor's pages show: kept questions, exports, and how far a worker is."""

import uuid

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import NotFound
from common.models import Job, JobState
from decisions.audit.models import DecisionExport, SavedQuestion
from decisions.audit.services import EXPORT_JOB


def questions_of(user: User) -> list[SavedQuestion]:
    """The own first, then what the others share."""
    rows = SavedQuestion.objects.select_related("owner").filter(Q(owner=user) | Q(is_shared=True))
    return sorted(rows, key=lambda question: (question.owner_id != user.id, question.name.lower()))


def question_get(*, user: User, question_id: uuid.UUID) -> SavedQuestion:
    question = SavedQuestion.objects.filter(id=question_id, owner=user).first()
    if question is None:
        raise NotFound(_("No such question."))
    return question


def exports_all() -> QuerySet[DecisionExport]:
    """Every auditor sees what the others took away."""
    return DecisionExport.objects.select_related("requested_by", "file_key")


def export_get(*, export_id: uuid.UUID) -> DecisionExport:
    export = exports_all().filter(id=export_id).first()
    if export is None:
        raise NotFound(_("No such export."))
    return export


def failed_job(export: DecisionExport) -> Job | None:
    """The worker's last word on an export that it could not write."""
    if not export.is_open:
        return None
    return Job.objects.filter(kind=EXPORT_JOB, key=str(export.id), state=JobState.FAILED).first()
