"""What an auditor keeps: questions to ask again, and answers taken away."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from common.models import SubjectKey


class ExportState(models.TextChoices):
    WAITING = "waiting", _("Being written")
    READY = "ready", _("Ready")
    DELETED = "deleted", _("Deleted")


class SavedQuestion(models.Model):
    """A question under a name. ``filters`` are the parameters of its address: ids and codes, never a name."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="saved_questions")
    name = models.CharField(_("name"), max_length=80)
    filters = models.JSONField(default=dict)
    is_shared = models.BooleanField(_("shared with the other auditors"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("saved question")
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="saved_question_once_per_owner")]

    def __str__(self) -> str:
        return self.name


class DecisionExport(models.Model):
    """The answer to a question as files. They are encrypted with a key of its own; destroying it deletes them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="exports")
    filters = models.JSONField(default=dict)
    formats = models.JSONField()
    language = models.CharField(max_length=2)
    state = models.CharField(_("state"), max_length=10, choices=ExportState, default=ExportState.WAITING)
    rows = models.PositiveIntegerField(null=True)
    rows_written = models.PositiveIntegerField(default=0)
    files = models.JSONField(
        default=list, help_text="Of each file: name, media type, bytes, rows, SHA-256, where it is."
    )
    file_key = models.ForeignKey(SubjectKey, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)
    keep_until = models.DateTimeField()

    class Meta:
        verbose_name = _("export of decisions")
        verbose_name_plural = _("exports of decisions")

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_open(self) -> bool:
        return self.state == ExportState.WAITING

    @property
    def progress(self) -> int:
        """Per cent of the rows that are written."""
        if self.state == ExportState.READY:
            return 100
        return min(99, 100 * self.rows_written // self.rows) if self.rows else 0
