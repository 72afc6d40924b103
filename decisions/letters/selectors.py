"""Where the letter of a decision stands."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from applications.enums import Language
from common.models import Job, JobState
from decisions.letters.services import SEND_JOB, WRITE_JOB
from decisions.models import Decision, Notice, NoticeDelivery


@dataclass(frozen=True)
class LetterView:
    notice: Notice | None
    delivery: NoticeDelivery | None
    language: str
    has_address: bool
    is_pending: bool
    is_sending: bool
    failure: str

    @property
    def can_be_sent(self) -> bool:
        return bool(self.notice and self.has_address and not self.delivery and not self.is_sending)


def letter_view(decision: Decision) -> LetterView:
    notice = Notice.objects.filter(decision=decision).prefetch_related("deliveries").first()
    job = _job(SEND_JOB, str(notice.id)) if notice else _job(WRITE_JOB, str(decision.id))
    is_open, applicant = bool(job and job.is_open), decision.application.applicant
    return LetterView(
        notice=notice,
        delivery=next(iter(notice.deliveries.all()), None) if notice else None,
        language=str(Language(notice.language if notice else applicant.language).label),
        has_address=applicant.email_encrypted is not None,
        is_pending=notice is None and (job is None or is_open),
        is_sending=notice is not None and is_open,
        failure=_failure(job),
    )


def _job(kind: str, key: str) -> Job | None:
    return Job.objects.filter(kind=kind, key=key).first()


def _failure(job: Job | None) -> str:
    if job is None or job.state != JobState.FAILED:
        return ""
    if job.error_code == "letter_unprintable":
        return _("A character of the name is in no font we have: print the letter by hand.")
    return _("The reason is in the log of the portal.")
