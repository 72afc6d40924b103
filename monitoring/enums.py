from django.db import models
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    """Where the current applicants of a run come from."""

    PORTAL = "portal", _("Scores of the portal")
    TABLE = "table", _("A table from outside")


class Kind(models.TextChoices):
    PSI = "psi", _("Score (PSI)")
    CSI = "csi", _("Feature (CSI)")
    UNDER_CUTOFF = "under_cutoff", _("Share under the cutoff")


class OutcomeAnswer(models.TextChoices):
    """What became of an outcome that a system sent."""

    RECORDED = "recorded", _("Recorded")
    UNCHANGED = "unchanged", _("Known already, and equal")
    CORRECTED = "corrected", _("Recorded as a correction")
    CONFLICT = "conflict", _("Another outcome is on record; say that this one corrects it")
    UNKNOWN = "unknown", _("There is no such application")
    TOO_EARLY = "too_early", _("Observed before the application was submitted")
    IN_FUTURE = "in_future", _("Observed in the future")
    NOT_GRANTED = "not_granted", _("The application was declined: there is no credit to observe")


class Level(models.TextChoices):
    """How far something moved, in a word."""

    STABLE = "stable", _("Stable")
    WATCH = "watch", _("Watch")
    ALARM = "alarm", _("Alarm")
    UNJUDGED = "unjudged", _("Too few to judge")
