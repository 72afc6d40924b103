from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """Where a case is in its life; the moves allowed are in ``applications.lifecycle``."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    SCORED = "scored", _("Scored")
    EXPLAINED = "explained", _("Ready to decide")
    IN_REVIEW = "in_review", _("Waiting for a second person")
    DECIDED = "decided", _("Decided")
    CONTESTED = "contested", _("Contested")
    REVIEWED = "reviewed", _("Reviewed")
    OUTCOME = "outcome", _("Outcome observed")


class Source(models.TextChoices):
    PORTAL = "portal", _("Entered in the portal")
    API = "api", _("Sent by a system")
    IMPORT = "import", _("Imported")


class Language(models.TextChoices):
    ENGLISH = "en", _("English")
    FRENCH = "fr", _("French")
