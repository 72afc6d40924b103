"""What a letter says: plain values in the applicant's language, before any typesetting."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import override as in_language

from applications.services import contract_of
from common import formatting
from decisions.enums import Outcome
from decisions.offers.selectors import offer_lines


@dataclass(frozen=True)
class Chapter:
    heading: str
    paragraphs: list[str]


@dataclass(frozen=True)
class Letter:
    language: str
    lender: str
    lender_address: list[str]
    recipient: str
    dated: str
    day: tuple[int, int, int]
    reference: str
    title: str
    opening: list[str]
    reasons: list[str] = field(default_factory=list)
    chapters: list[Chapter] = field(default_factory=list)
    closing: str = ""
    draft: str = ""


@dataclass(frozen=True)
class OfferFacts:
    """``asked`` and ``changes`` by column of the request."""

    asked: Mapping[str, Any]
    changes: Mapping[str, Any]
    valid_until: date


@dataclass(frozen=True)
class Decided:
    """The facts a letter is made of; reasons as they stand in the record, with their words in each language."""

    recipient: str
    reference: str
    product: str
    amount: Decimal | None
    currency: str
    submitted_at: datetime | None
    outcome: str
    reasons: Sequence[dict[str, Any]]
    decided_at: datetime
    by_model: bool
    offer: OfferFacts | None = None
    is_final: bool = False  # decided after a contest: there is no second one


def letter_of(decided: Decided, language: str, *, is_draft: bool = False) -> Letter:
    """The letter for one decision; ``by_model``: the model's reasons carry it, not an officer's own."""
    with in_language(language):
        grants = decided.outcome == Outcome.APPROVE
        return Letter(
            language=language,
            lender=settings.LENDER["name"],
            lender_address=settings.LENDER["address"],
            recipient=decided.recipient,
            dated=_day(decided.decided_at),
            day=(decided.decided_at.year, decided.decided_at.month, decided.decided_at.day),
            reference=_("Application %(reference)s") % {"reference": decided.reference},
            title=_title(decided.outcome),
            opening=_opening(decided),
            reasons=[reason["text"][language] for reason in decided.reasons],
            chapters=[_automated(decided)] if grants else _after_refusal(decided, language),
            closing=_("Yours sincerely"),
            draft=_("Draft, not sent") if is_draft else "",
        )


def _title(outcome: str) -> str:
    if outcome == Outcome.APPROVE:
        return _("Your credit is approved")
    return _("We cannot grant your credit") if outcome == Outcome.DECLINE else _("We offer you other terms")


def _opening(decided: Decided) -> list[str]:
    if decided.offer is not None:
        return _countered(decided, decided.offer)
    return _approved(decided) if decided.outcome == Outcome.APPROVE else _refused(decided)


def _countered(decided: Decided, offer: OfferFacts) -> list[str]:
    line = _("%(what)s: %(offered)s instead of %(asked)s.")
    terms = [
        line % {"what": what, "offered": offered, "asked": asked}
        for what, asked, offered in offer_lines(decided.product, offer.asked, offer.changes)
    ]
    return [
        _("You applied for credit of %(amount)s%(when)s. We cannot grant it as you asked, but we can offer you:")
        % {"amount": _amount(decided), "when": _when(decided)},
        *terms,
        _("This offer stands until %(until)s. To accept it, write to: %(contact)s. Nothing is owed before you sign.")
        % {"until": _date(offer.valid_until), "contact": settings.LENDER["contact"]},
        _("These are the principal reasons why we cannot grant it as you asked, the weightiest first:"),
    ]


def _approved(decided: Decided) -> list[str]:
    return [
        _("You applied for credit%(when)s. We are glad to tell you that it is approved.") % {"when": _when(decided)},
        _("Amount: %(amount)s. The contract with its terms follows; nothing is owed before you sign it.")
        % {"amount": _amount(decided)},
    ]


def _refused(decided: Decided) -> list[str]:
    return [
        _("You applied for credit of %(amount)s%(when)s. After examining your application we cannot grant it.")
        % {"amount": _amount(decided), "when": _when(decided)},
        _("These are the principal reasons, the weightiest first:"),
    ]


def _after_refusal(decided: Decided, language: str) -> list[Chapter]:
    sources = _sources(decided, language)
    chapters = [_automated(decided)]
    if sources:
        lines = [_("These reasons rest on data we were given by: %(sources)s.") % {"sources": "; ".join(sources)}]
        lines.append(_("You may ask them what they hold about you, free of charge, and have errors corrected."))
        chapters.append(Chapter(_("Where the data came from"), lines))
    return [
        *chapters,
        mediation() if decided.is_final else _contest(decided),
        difficulty(language),
    ]


def difficulty(language: str) -> Chapter:
    return Chapter(_("If you are in difficulty"), [settings.LENDER["debt_advice"][language]])


def mediation() -> Chapter:
    """Where to turn once the lender examined a contest."""
    where = _(
        "You may bring the matter before our mediator, who is independent and free of charge: %(mediator)s. "
        "You keep the right to go to court."
    )
    return Chapter(_("If you still do not agree"), [where % {"mediator": settings.LENDER["mediator"]}])


def _automated(decided: Decided) -> Chapter:
    how = _(
        "Your application was assessed with automated processing: a statistical model estimated how likely it is "
        "that the credit would not be repaid, from what you told us and from the records we may consult."
    )
    who = _("The decision itself was taken by a person, who read your file and could depart from the model.")
    if decided.outcome != Outcome.APPROVE and not decided.by_model:
        who += " " + _("Here the person's own assessment was decisive.")
    return Chapter(_("How the decision was taken"), [how, who])


def _contest(decided: Decided) -> Chapter:
    until = _day(decided.decided_at + timedelta(days=settings.LENDER["contest_days"]))
    return Chapter(
        _("If you do not agree"),
        [
            _(
                "Until %(until)s you may ask us to explain this decision, give us your view, and have it examined "
                "again by another person than the one who decided. It costs nothing."
            )
            % {"until": until},
            _("Write to: %(contact)s. Name the reference above.") % {"contact": settings.LENDER["contact"]},
            _("We answer in writing within %(days)s days.") % {"days": settings.LENDER["answer_days"]},
        ],
    )


def _sources(decided: Decided, language: str) -> list[str]:
    """Who gave us the data behind the reasons, each once, in the order of the reasons."""
    known = contract_of(decided.product).reasons
    found: Iterable[Any] = (known.get(reason["reason_code"].removesuffix("_missing")) for reason in decided.reasons)
    names = [getattr(reason, f"source_{language}") for reason in found if reason is not None]
    return list(dict.fromkeys(name for name in names if name))


def _amount(decided: Decided) -> str:
    if decided.amount is None:
        return _("the amount you asked for")
    return formatting.money(decided.amount, decided.currency)


def _when(decided: Decided) -> str:
    if decided.submitted_at is None:
        return ""
    return " " + _("on %(day)s") % {"day": _day(decided.submitted_at)}


def _day(moment: datetime) -> str:
    return _date(timezone.localtime(moment))


def _date(day: date) -> str:
    return str(formats.date_format(day, "DATE_FORMAT"))
