"""Where the letter of a decision stands."""

import uuid
from dataclasses import dataclass

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext as _

from applications.enums import Language
from applications.models import Applicant
from common.models import Job, JobState
from decisions.letters.services import CONTEST_WRITE_JOB, SEND_JOB, WRITE_JOB
from decisions.models import ContestAnswer, Decision, Notice, NoticeDelivery


@dataclass(frozen=True)
class LetterView:
    notice: Notice | None
    delivery: NoticeDelivery | None
    language: str
    has_address: bool
    is_pending: bool
    is_sending: bool
    failure: str
    read_url: str
    state_url: str
    send_url: str

    @property
    def can_be_sent(self) -> bool:
        return bool(self.notice and self.has_address and not self.delivery and not self.is_sending)


def letter_view(decision: Decision) -> LetterView:
    notice = Notice.objects.filter(decision=decision).prefetch_related("deliveries").first()
    job = _job(SEND_JOB, notice) or _job(WRITE_JOB, decision)
    return _view(notice, job, decision.application.applicant, "letter", decision.id)


def answer_letter_view(answer: ContestAnswer) -> LetterView:
    """The letter that answers a contest; ``answer.application`` is loaded by whoever asks."""
    notice = Notice.objects.filter(answer=answer).prefetch_related("deliveries").first()
    job = _job(SEND_JOB, notice) or _job(CONTEST_WRITE_JOB, answer)
    return _view(notice, job, answer.contest.application.applicant, "contest-letter", answer.contest_id)


def _view(notice: Notice | None, job: Job | None, applicant: Applicant, name: str, key: uuid.UUID) -> LetterView:
    is_open = bool(job and job.is_open)
    return LetterView(
        notice=notice,
        delivery=next(iter(notice.deliveries.all()), None) if notice else None,
        language=str(Language(notice.language if notice else applicant.language).label),
        has_address=applicant.email_encrypted is not None,
        is_pending=notice is None and (job is None or is_open),
        is_sending=notice is not None and is_open,
        failure=_failure(job),
        read_url=reverse(f"decisions:{name}-read", args=[key]),
        state_url=reverse(f"decisions:{name}-state", args=[key]),
        send_url=reverse(f"decisions:{name}-send", args=[key]),
    )


def _job(kind: str, subject: Model | None) -> Job | None:
    return Job.objects.filter(kind=kind, key=str(subject.pk)).first() if subject else None


def _failure(job: Job | None) -> str:
    if job is None or job.state != JobState.FAILED:
        return ""
    if job.error_code == "letter_unprintable":
        return _("A character of the name is in no font we have: print the letter by hand.")
    return _("The reason is in the log of the portal.")
