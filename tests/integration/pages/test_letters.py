"""From the preview before a decision to the letter that was sent after it."""

import hashlib
import smtplib
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from applications.models import Application
from common import crypto, jobs
from common.models import Job, JobState, LedgerEvent
from decisions import tasks  # noqa: F401  registers what executes the jobs
from decisions.letters.services import SEND_JOB, WRITE_JOB, notice_pdf
from decisions.models import Decision, Notice, NoticeDelivery
from decisions.services import DecisionInput, decision_create

SignIn = Callable[[User], Client]


@pytest.fixture
def decision(case: Application, officer: User) -> Decision:
    data = DecisionInput(
        score_id=case.scores.latest("id").id, outcome="decline", reason_codes=["request_amount", "external_score"]
    )
    made = decision_create(application=case, data=data, user=officer)
    assert isinstance(made, Decision)
    return made


def run(kind: str) -> JobState | None:
    return jobs.run(Job.objects.get(kind=kind).id)


def with_address(case: Application, address: bytes | None = b"zoe@example.org") -> None:
    applicant = case.applicant
    known = address and crypto.encrypt(applicant.subject_key, address, applicant.id)
    type(applicant).objects.filter(id=applicant.id).update(email_encrypted=known)


def test_letter_is_written_after_the_decision(signed_in: SignIn, officer: User, decision: Decision) -> None:
    client = signed_in(officer)
    page = client.get(reverse("decisions:decision-detail", args=[decision.id])).content.decode()
    assert "The letter is being written" in page
    assert run(WRITE_JOB) == JobState.DONE
    notice = Notice.objects.get()
    answer = client.get(reverse("decisions:letter-read", args=[decision.id]))
    assert answer["Content-Type"] == "application/pdf"
    assert hashlib.sha256(answer.content).hexdigest() == notice.pdf_sha256
    assert notice.reasons == decision.reasons
    assert LedgerEvent.objects.filter(action="notice.written", facts__pdf_sha256=notice.pdf_sha256).exists()
    state = client.get(reverse("decisions:letter-state", args=[decision.id])).content.decode()
    assert notice.pdf_sha256 in state
    assert "hx-get" not in state


def test_writing_again_gives_the_letter_that_is_there(decision: Decision) -> None:
    run(WRITE_JOB)
    first = notice_pdf(Notice.objects.get())
    Job.objects.update(state=JobState.QUEUED)
    run(WRITE_JOB)
    assert notice_pdf(Notice.objects.get()) == first


def test_letter_is_sent_once(signed_in: SignIn, officer: User, decision: Decision, case: Application) -> None:
    with_address(case)
    run(WRITE_JOB)
    client, send = signed_in(officer), reverse("decisions:letter-send", args=[decision.id])
    assert client.post(send).status_code == 302
    assert run(SEND_JOB) == JobState.DONE
    assert [message.to for message in mail.outbox] == [["zoe@example.org"]]
    assert mail.outbox[0].attachments[0][2] == "application/pdf"
    assert client.post(send).status_code == 409
    Job.objects.update(state=JobState.QUEUED)
    run(SEND_JOB)
    assert (len(mail.outbox), NoticeDelivery.objects.count()) == (1, 1)


def test_mail_server_that_is_down_leaves_the_letter_unsent(
    signed_in: SignIn, officer: User, decision: Decision, case: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_options: Any) -> None:
        raise smtplib.SMTPServerDisconnected

    with_address(case)
    run(WRITE_JOB)
    signed_in(officer).post(reverse("decisions:letter-send", args=[decision.id]))
    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    assert run(SEND_JOB) == JobState.QUEUED
    assert not NoticeDelivery.objects.exists()


def test_without_an_address_the_page_says_to_print(
    signed_in: SignIn, officer: User, decision: Decision, case: Application
) -> None:
    with_address(case, None)
    run(WRITE_JOB)
    client = signed_in(officer)
    page = client.get(reverse("decisions:decision-detail", args=[decision.id])).content.decode()
    assert "print the letter" in page
    assert client.post(reverse("decisions:letter-send", args=[decision.id])).status_code == 422


def test_letter_of_another_branch_is_unknown(signed_in: SignIn, stranger: User, decision: Decision) -> None:
    run(WRITE_JOB)
    client = signed_in(stranger)
    for name in ("letter-read", "letter-state"):
        assert client.get(reverse(f"decisions:{name}", args=[decision.id])).status_code == 404
    assert client.post(reverse("decisions:letter-send", args=[decision.id])).status_code == 404


def test_auditor_reads_and_never_sends(signed_in: SignIn, auditor: User, decision: Decision, case: Application) -> None:
    with_address(case)
    run(WRITE_JOB)
    client = signed_in(auditor)
    assert client.get(reverse("decisions:letter-read", args=[decision.id])).status_code == 200
    assert client.post(reverse("decisions:letter-send", args=[decision.id])).status_code == 403
    page = client.get(reverse("decisions:decision-detail", args=[decision.id])).content.decode()
    assert "Send it by e-mail" not in page


@pytest.mark.parametrize("fields", [{"outcome": "decline", "reason_codes": ["external_score"]}])
def test_preview_shows_a_draft_and_keeps_nothing(
    signed_in: SignIn, officer: User, case: Application, fields: dict[str, Any]
) -> None:
    typed = {"score_id": str(case.scores.latest("id").id), "note": "", **fields}
    answer = signed_in(officer).post(reverse("decisions:letter-preview", args=[case.id]), typed)
    assert answer.content.startswith(b"%PDF")
    assert not Notice.objects.exists()
    assert not Decision.objects.exists()


def test_preview_of_an_incomplete_decision_goes_back(signed_in: SignIn, officer: User, case: Application) -> None:
    answer = signed_in(officer).post(reverse("decisions:letter-preview", args=[case.id]), {"outcome": "decline"})
    assert answer.headers["Location"] == reverse("decisions:case-detail", args=[case.id])
