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


class Level(models.TextChoices):
    """How far something moved, in a word."""

    STABLE = "stable", _("Stable")
    WATCH = "watch", _("Watch")
    ALARM = "alarm", _("Alarm")
    UNJUDGED = "unjudged", _("Too few to judge")
