"""What the letter about a contest says: plain values in the applicant's language, before any typesetting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override as in_language

from common import formatting
from decisions.enums import ContestOutcome
from decisions.letters.content import Chapter, Letter, difficulty, mediation


@dataclass(frozen=True)
class Answered:
    """The facts the letter is made of; ``text`` is the reviewer's own, ``reasons`` those of the decision."""

    recipient: str
    reference: str
    outcome: str
    text: str
    reasons: Sequence[dict[str, Any]]
    decided_on: date
    received_on: date
    answered_on: date


def contest_letter(answered: Answered, language: str, *, is_draft: bool = False) -> Letter:
    with in_language(language):
        stands = answered.outcome == ContestOutcome.UPHELD
        day = answered.answered_on
        return Letter(
            language=language,
            lender=settings.LENDER["name"],
            lender_address=settings.LENDER["address"],
            recipient=answered.recipient,
            dated=formatting.day(day),
            day=(day.year, day.month, day.day),
            reference=_("Application %(reference)s") % {"reference": answered.reference},
            title=_("We keep our decision") if stands else _("We take back our decision"),
            opening=[_received(answered), *(_kept() if stands else _taken_back())],
            reasons=[reason["text"][language] for reason in answered.reasons] if stands else [],
            chapters=[_answer(answered), *([mediation(), difficulty(language)] if stands else [])],
            closing=_("Yours sincerely"),
            draft=_("Draft, not sent") if is_draft else "",
        )


def _received(answered: Answered) -> str:
    return _(
        "You told us that you do not agree with our decision of %(decided)s; we received your view on %(received)s. "
        "Another person than those who decided read it and examined your application again."
    ) % {"decided": formatting.day(answered.decided_on), "received": formatting.day(answered.received_on)}


def _kept() -> list[str]:
    return [_("After this examination we keep the decision. Its principal reasons remain:")]


def _taken_back() -> list[str]:
    after = _(
        "After this examination we take the decision back. Your application is open again, and we write to you with "
        "the new decision; you need not apply again."
    )
    return [after]


def _answer(answered: Answered) -> Chapter:
    paragraphs = [line.strip() for line in answered.text.splitlines() if line.strip()]
    return Chapter(_("Our answer to what you told us"), paragraphs)
