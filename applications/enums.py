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
    WHAT_IF = "what_if", _("A what-if that was kept")


class ErasureGround(models.TextChoices):
    """Why a person's data is erased; the last two pass over the period that it is kept for."""

    ASKED = "asked", _("The person asked for it")
    PERIOD_OVER = "period_over", _("The period it is kept for is over")
    UNLAWFUL = "unlawful", _("It should not have been collected")
    ORDERED = "ordered", _("An authority or a court ordered it")


class ErasureVerdict(models.TextChoices):
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")


class HoldGround(models.TextChoices):
    """Why nothing of a person may be erased."""

    LITIGATION = "litigation", _("A dispute in court")
    AUTHORITY = "authority", _("A request of an authority")
    COMPLAINT = "complaint", _("A complaint that is open")
    FRAUD = "fraud", _("An inquiry into fraud")


class Door(models.TextChoices):
    """Where somebody read what is known of a person."""

    CASE = "case", _("The case")
    FILE = "file", _("The credit file")
    DOCUMENT = "document", _("The documents of the file")
    APPLICANT = "applicant", _("The applicant's page")
    DECISION = "decision", _("The record of the decision")
    EVIDENCE = "evidence", _("The evidence of the decision")
    LETTER = "letter", _("The letter")
    WHAT_IF = "what_if", _("What if")
    BUNDLE = "bundle", _("The answer to an access request")
    API = "api", _("The interface of systems")


class Language(models.TextChoices):
    ENGLISH = "en", _("English")
    FRENCH = "fr", _("French")


class WithdrawalReason(models.TextChoices):
    """Why a document no longer counts."""

    WRONG_PERSON = "wrong_person", _("It is about somebody else")
    WRONG_KIND = "wrong_kind", _("It is not what it was filed as")
    UNREADABLE = "unreadable", _("It cannot be read")
    REPLACED = "replaced", _("A newer one replaces it")
