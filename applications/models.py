from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Branch
from applications.enums import Language, Source, Status
from applications.lifecycle import OPEN
from applications.search import SearchName
from common.append_only import AppendOnlyModel
from common.ids import new_id
from common.models import SubjectKey


class Applicant(models.Model):
    """The only place where a person's direct identifiers live; the name is in clear because officers search it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    first_name = models.CharField(_("first name"), max_length=100)
    last_name = models.CharField(_("last name"), max_length=100)
    birth_date = models.DateField(_("date of birth"))
    email_encrypted = models.BinaryField(null=True, editable=False)
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.FRENCH)
    branch = models.ForeignKey(Branch, models.PROTECT, verbose_name=_("branch"), related_name="applicants")
    subject_key = models.OneToOneField(SubjectKey, models.PROTECT, editable=False, related_name="applicant")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("applicant")
        verbose_name_plural = _("applicants")
        indexes = [
            models.Index(fields=["branch", "last_name", "first_name", "id"], name="applicant_by_name"),
            GinIndex(
                OpClass(SearchName(), name="gin_trgm_ops"),
                name="applicant_name_search",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Application(models.Model):
    """A request for credit and where it is in its life. What is known of it is in its credit files."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(_("reference"), max_length=12, unique=True, editable=False)
    external_id = models.CharField(_("external id"), max_length=100, null=True, unique=True)
    product = models.CharField(_("product"), max_length=40)
    applicant = models.ForeignKey(Applicant, models.PROTECT, verbose_name=_("applicant"), related_name="applications")
    branch = models.ForeignKey(Branch, models.PROTECT, verbose_name=_("branch"), related_name="applications")
    status = models.CharField(_("state"), max_length=10, choices=Status, default=Status.DRAFT)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2, null=True)
    currency = models.CharField(max_length=3)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("owner"), null=True, related_name="cases"
    )
    submitted_at = models.DateTimeField(_("submitted"), null=True)
    due_at = models.DateTimeField(_("promised for"), null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        indexes = [
            models.Index(
                fields=["branch", "due_at", "id"], name="application_queue", condition=models.Q(status__in=OPEN)
            ),
            models.Index(fields=["branch", "-id"], name="application_recent"),
            models.Index(
                fields=["assigned_to", "due_at", "id"],
                name="application_mine",
                condition=models.Q(status__in=OPEN, assigned_to__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status=Status.DRAFT) | models.Q(submitted_at__isnull=False, due_at__isnull=False),
                name="application_submitted_has_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(amount__isnull=True) | models.Q(amount__gt=0), name="application_amount_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def latest_file(self) -> "CreditFile | None":
        return self.files.order_by("-version").first()


class CreditFile(AppendOnlyModel):
    """Exactly the raw rows known at one moment, encrypted per person. A changed input is a new version."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="files")
    version = models.PositiveSmallIntegerField()
    document_encrypted = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    contract_version = models.CharField(max_length=40)
    source = models.CharField(max_length=10, choices=Source)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("credit file")
        constraints = [models.UniqueConstraint(fields=["application", "version"], name="credit_file_version_once")]

    def __str__(self) -> str:
        return f"{self.application_id} v{self.version}"
