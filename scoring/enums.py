from django.db import models
from django.utils.translation import gettext_lazy as _


class Recommendation(models.TextChoices):
    """What the machine advises; only a person decides."""

    APPROVE = "approve", _("Approve")
    REFER = "refer", _("Refer")
    DECLINE = "decline", _("Decline")


class BatchState(models.TextChoices):
    """``reading`` until every row of the file is found and put into chunks; the last four are final."""

    READING = "reading", _("Reading the file")
    SCORING = "scoring", _("Scoring")
    FINISHED = "finished", _("Finished")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Deleted after its time")


class ModelState(models.TextChoices):
    REGISTERED = "registered", _("Registered")
    CHAMPION = "champion", _("Champion")
    RETIRED = "retired", _("Retired")


class Finding(models.TextChoices):
    """Why the policy says what it says; each has a sentence in ``scoring.wording``."""

    OVER_CUTOFF = "over_cutoff", _("The probability of default is over the cutoff.")
    NEAR_CUTOFF = "near_cutoff", _("The probability of default is close to the cutoff.")
    THIN_FILE = "thin_file", _("The file is thin: much of what the model reads is missing.")
    OUT_OF_RANGE = "out_of_range", _("Some values lie outside what the model has seen.")
    UNSEEN_CATEGORY = "unseen_category", _("An answer is new to the model and counts as missing.")
    DEBT_BURDEN = "debt_burden", _("Repayments would take more of the income than the policy allows.")
    LITTLE_LEFT = "little_left", _("Less would be left to live on each month than the policy asks for.")
    HIGH_AMOUNT = "high_amount", _("The amount needs a senior officer.")
