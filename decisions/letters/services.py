"""Letters are written once, kept encrypted with their hash, and sent by e-mail where there is an address."""

import hashlib
import uuid
from datetime import datetime
from typing import Any

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override as in_language

from accounts.enums import Act
from accounts.models import User
from accounts.permissions import require
from applications.models import Application
from common import crypto, jobs, ledger
from common.actors import SYSTEM, Actor
from common.errors import Conflict, InvalidInput
from decisions.enums import NoticeKind, Outcome, Stage
from decisions.letters.content import Decided, Letter, OfferFacts, letter_of
from decisions.letters.typeset import pdf_of
from decisions.models import ContestAnswer, CounterOffer, Decision, Notice, NoticeDelivery
from decisions.offers.selectors import asked_in

WRITE_JOB, SEND_JOB = "decisions.notice", "decisions.notice_send"
CONTEST_WRITE_JOB = "decisions.contest_notice"
KINDS = {
    Outcome.APPROVE: NoticeKind.APPROVAL,
    Outcome.DECLINE: NoticeKind.REFUSAL,
    Outcome.COUNTER_OFFER: NoticeKind.COUNTER_OFFER,
}


@transaction.atomic
def notice_create(*, decision: Decision, actor: Actor = SYSTEM) -> Notice:
    """Write the letter of a decision; asked again, it is the one that is there."""
    known: Notice | None = Notice.objects.filter(decision=decision).first()
    if known is not None:
        return known
    letter = letter_of(facts_of(decision), decision.application.applicant.language)
    kind = KINDS[Outcome(decision.outcome)]
    return notice_write(letter, decision=decision, application=decision.application, kind=kind, actor=actor)


def notice_write(
    letter: Letter,
    *,
    application: Application,
    kind: NoticeKind,
    decision: Decision | None = None,
    answer: ContestAnswer | None = None,
    actor: Actor = SYSTEM,
) -> Notice:
    """Keep a letter about a decision, or about the answer to a contest; the caller holds the transaction."""
    pdf = pdf_of(letter)
    notice = Notice(
        application=application,
        decision=decision,
        answer=answer,
        kind=kind,
        language=letter.language,
        reasons=decision.reasons if decision else [],
        pdf_sha256=hashlib.sha256(pdf).hexdigest(),
    )
    notice.pdf_encrypted = crypto.encrypt(application.applicant.subject_key, pdf, notice.id)
    notice.save()
    facts = {"notice": str(notice.id), "kind": notice.kind, "pdf_sha256": notice.pdf_sha256}
    ledger.record(action="notice.written", subject=application, actor=actor, facts=facts)
    return notice


@transaction.atomic
def notice_send_request(*, notice: Notice, user: User) -> None:
    """Have the letter sent by e-mail; once it is sent it is not sent again."""
    require(user, Act.DECIDE)
    if notice.application.applicant.email_encrypted is None:
        raise InvalidInput(_("No e-mail address is known of this applicant: print the letter."))
    if notice.deliveries.exists():
        raise Conflict(_("This letter was sent already."), code="notice_sent")
    ledger.record(
        action="notice.asked_to_send", subject=notice.application, actor=user.actor, facts={"notice": str(notice.id)}
    )
    jobs.enqueue(kind=SEND_JOB, key=str(notice.id), payload={"notice": str(notice.id)})


@transaction.atomic
def notice_send(*, notice_id: uuid.UUID) -> None:
    """The record comes first and falls with the transaction when the mail is not accepted."""
    notice = Notice.objects.select_for_update(of=("self",)).select_related("application__applicant").get(id=notice_id)
    if notice.deliveries.exists():
        return
    applicant = notice.application.applicant
    address = crypto.decrypt(applicant.subject_key, bytes(applicant.email_encrypted or b""), applicant.id).decode()
    NoticeDelivery.objects.create(notice=notice, channel="email")
    facts = {"notice": str(notice.id), "pdf_sha256": notice.pdf_sha256}
    ledger.record(action="notice.sent", subject=notice.application, actor=SYSTEM, facts=facts)
    _message(notice, address).send()


def notice_pdf(notice: Notice) -> bytes:
    return crypto.decrypt(notice.application.applicant.subject_key, bytes(notice.pdf_encrypted), notice.id)


def draft_pdf(
    application: Application,
    outcome: str,
    reasons: list[dict[str, Any]],
    *,
    by_model: bool,
    offer: OfferFacts | None = None,
) -> bytes:
    """What the letter would say if this were decided now."""
    now, is_final = timezone.now(), application.decisions.exists()
    decided = _facts(application, outcome, reasons, now, by_model=by_model, offer=offer, is_final=is_final)
    return pdf_of(letter_of(decided, application.applicant.language, is_draft=True))


def facts_of(decision: Decision) -> Decided:
    return _facts(
        decision.application,
        decision.outcome,
        decision.reasons,
        decision.created_at,
        by_model=decision.override is None or bool(decision.override.sent_reasons),
        offer=_offer_facts(decision.offer) if decision.offer else None,
        is_final=decision.stage == Stage.CONTEST,
    )


def _offer_facts(offer: CounterOffer) -> OfferFacts:
    return OfferFacts(asked_in(offer), offer.changes, offer.valid_until)


def _facts(
    application: Application,
    outcome: str,
    reasons: list[dict[str, Any]],
    decided_at: datetime,
    *,
    by_model: bool,
    offer: OfferFacts | None,
    is_final: bool,
) -> Decided:
    return Decided(
        recipient=application.applicant.full_name,
        reference=application.reference,
        product=application.product,
        amount=application.amount,
        currency=application.currency,
        submitted_at=application.submitted_at,
        outcome=outcome,
        reasons=reasons,
        decided_at=decided_at,
        by_model=by_model,
        offer=offer,
        is_final=is_final,
    )


def _message(notice: Notice, address: str) -> EmailMessage:
    with in_language(notice.language):
        message = EmailMessage(
            subject=_("Your application %(reference)s") % {"reference": notice.application.reference},
            body=_("Our answer to your application is in the letter attached to this message."),
            to=[address],
        )
    message.attach(f"{notice.application.reference}.pdf", notice_pdf(notice), "application/pdf")
    return message
