from django.db import models
from django.utils.translation import gettext_lazy as _


class Outcome(models.TextChoices):
    APPROVE = "approve", _("Approve")
    DECLINE = "decline", _("Decline")
    COUNTER_OFFER = "counter_offer", _("Counter-offer")


class Stage(models.TextChoices):
    """A case is decided once, and once more if the applicant contests."""

    INITIAL = "initial", _("First decision")
    CONTEST = "contest", _("After a contest")


class Direction(models.TextChoices):
    LOW_SIDE = "low_side", _("Approved against the advice")
    HIGH_SIDE = "high_side", _("Not granted as asked, against the advice")


class Verdict(models.TextChoices):
    CONFIRMED = "confirmed", _("Confirmed")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn by who proposed it")


class OverrideReason(models.TextChoices):
    """The officer's own reasons, in words that can be sent; the model's contributions do not carry an override."""

    INCOME_VERIFIED = "income_verified", _("Higher income proved by documents")
    COLLATERAL = "collateral", _("Guarantee or co-borrower")
    GOOD_HISTORY = "good_history", _("Good history with us that the file does not show")
    RECENT_CHANGE = "recent_change", _("Situation changed since the file was built")
    INCOME_NOT_PROVED = "income_not_proved", _("Income stated but not proved")
    OVER_INDEBTED = "over_indebted", _("Too little left to live on after repayments")
    DOCUMENT_DOUBT = "document_doubt", _("Doubt about a document")
    OTHER = "other", _("Another reason, explained in the note")


LOW_SIDE_REASONS = (
    OverrideReason.INCOME_VERIFIED,
    OverrideReason.COLLATERAL,
    OverrideReason.GOOD_HISTORY,
    OverrideReason.RECENT_CHANGE,
    OverrideReason.OTHER,
)
HIGH_SIDE_REASONS = (
    OverrideReason.INCOME_NOT_PROVED,
    OverrideReason.OVER_INDEBTED,
    OverrideReason.DOCUMENT_DOUBT,
    OverrideReason.RECENT_CHANGE,
)


class NoticeKind(models.TextChoices):
    APPROVAL = "approval", _("Approval")
    REFUSAL = "refusal", _("Refusal")
    COUNTER_OFFER = "counter_offer", _("Counter-offer")
    CONTEST = "contest", _("Answer to a contest")


class OfferReply(models.TextChoices):
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Not accepted")


class ContestOutcome(models.TextChoices):
    UPHELD = "upheld", _("The decision stands")
    OVERTURNED = "overturned", _("The decision is taken back")
