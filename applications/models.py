from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Branch
from applications.enums import (
    Door,
    ErasureGround,
    ErasureVerdict,
    HoldGround,
    Language,
    Source,
    Status,
    WithdrawalReason,
)
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
    birth_date = models.DateField(_("date of birth"), null=True)
    email_encrypted = models.BinaryField(null=True, editable=False)
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.FRENCH)
    branch = models.ForeignKey(Branch, models.PROTECT, verbose_name=_("branch"), related_name="applicants")
    subject_key = models.OneToOneField(SubjectKey, models.PROTECT, editable=False, related_name="applicant")
    created_at = models.DateTimeField(auto_now_add=True)
    erased_at = models.DateTimeField(_("erased"), null=True, editable=False)

    class Meta:
        verbose_name = _("applicant")
        verbose_name_plural = _("applicants")
        indexes = [
            models.Index(fields=["branch", "last_name", "first_name", "id"], name="applicant_by_name"),
            models.Index(fields=["birth_date"], name="applicant_by_birth"),
            GinIndex(F("branch"), OpClass(SearchName(), name="gin_trgm_ops"), name="applicant_search"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(erased_at__isnull=True, birth_date__isnull=False)
                | models.Q(
                    erased_at__isnull=False,
                    birth_date__isnull=True,
                    first_name="",
                    last_name="",
                    email_encrypted__isnull=True,
                ),
                name="applicant_erased_is_blank",
            )
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return self.pseudonym if self.is_erased else f"{self.first_name} {self.last_name}"

    @property
    def is_erased(self) -> bool:
        return self.erased_at is not None

    @property
    def pseudonym(self) -> str:
        """What stands for the person once the name is gone: from the row's own id, so always the same."""
        return gettext("Person %(code)s") % {"code": self.id.hex[-6:].upper()}


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


class ErasureRequest(AppendOnlyModel):
    """Somebody asks that a person's data be erased; nothing is erased before a second person approves."""

    applicant = models.ForeignKey(Applicant, models.PROTECT, related_name="erasure_requests")
    ground = models.CharField(_("ground"), max_length=12, choices=ErasureGround)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("request for erasure")

    def __str__(self) -> str:
        return f"{self.applicant_id} {self.ground}"


class ErasureAnswer(AppendOnlyModel):
    """The second person's answer, one per request."""

    request = models.OneToOneField(ErasureRequest, models.PROTECT, related_name="answer")
    verdict = models.CharField(_("answer"), max_length=10, choices=ErasureVerdict)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("answer to a request for erasure")

    def __str__(self) -> str:
        return f"{self.request_id} {self.verdict}"


class LegalHold(AppendOnlyModel):
    """While it stands, nothing of the person is erased, whoever asks and whatever period is over."""

    applicant = models.ForeignKey(Applicant, models.PROTECT, related_name="holds")
    ground = models.CharField(_("ground"), max_length=12, choices=HoldGround)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("legal hold")

    def __str__(self) -> str:
        return f"{self.applicant_id} {self.ground}"


class LegalHoldEnd(AppendOnlyModel):
    """A hold is lifted once."""

    hold = models.OneToOneField(LegalHold, models.PROTECT, related_name="end")
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("end of a legal hold")

    def __str__(self) -> str:
        return str(self.hold_id)


class PersonalDataRead(AppendOnlyModel):
    """Somebody opened what is known of a person: who, when and by which door. Not an event of the ledger by itself,
    but sealed as every record."""

    applicant = models.ForeignKey(Applicant, models.PROTECT, related_name="reads")
    door = models.CharField(_("where"), max_length=10, choices=Door)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("reading of personal data")
        indexes = [models.Index(fields=["applicant", "-id"], name="read_by_applicant")]

    def __str__(self) -> str:
        return f"{self.applicant_id} {self.door}"


class Document(AppendOnlyModel):
    """A paper of the file. Its content is outside the database, encrypted per person; its name is personal too."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="documents")
    kind = models.CharField(_("kind"), max_length=40)
    name_encrypted = models.BinaryField()
    media_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("document")
        indexes = [models.Index(fields=["application", "id"], name="document_of_application")]
        constraints = [models.CheckConstraint(condition=models.Q(size__gt=0), name="document_is_not_empty")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def storage_name(self) -> str:
        return f"{self.application_id}/{self.id}"


class DocumentWithdrawal(AppendOnlyModel):
    """A document that no longer counts. It is kept, and so is who took it out and why."""

    document = models.OneToOneField(Document, models.PROTECT, related_name="withdrawal")
    reason = models.CharField(_("reason"), max_length=20, choices=WithdrawalReason)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("withdrawal of a document")

    def __str__(self) -> str:
        return f"{self.document_id} {self.reason}"


class Draft(models.Model):
    """What an officer has typed so far into a form: encrypted under a key of its own, gone once it is submitted.

    The row stays a while after that and points at the application, so that a form sent twice makes one.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="drafts")
    product = models.CharField(_("product"), max_length=40)
    applicant = models.ForeignKey(Applicant, models.PROTECT, null=True, related_name="drafts")
    subject_key = models.OneToOneField(SubjectKey, models.PROTECT, null=True, editable=False, related_name="draft")
    content_encrypted = models.BinaryField(null=True, editable=False)
    application = models.OneToOneField(Application, models.PROTECT, null=True, related_name="draft")
    saved_at = models.DateTimeField(_("saved"))

    class Meta:
        verbose_name = _("draft")
        indexes = [
            models.Index(fields=["owner", "-id"], name="draft_of_owner"),
            models.Index(fields=["saved_at"], name="draft_by_age"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(application__isnull=True, content_encrypted__isnull=False, subject_key__isnull=False)
                | models.Q(application__isnull=False, content_encrypted__isnull=True, subject_key__isnull=True),
                name="draft_is_typed_or_submitted",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
