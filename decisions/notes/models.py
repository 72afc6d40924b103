import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from applications.models import Application
from common.append_only import AppendOnlyModel


class CaseNote(AppendOnlyModel):
    """A word from colleague to colleague; a correction is another note. ``submission`` was issued with the form."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="case_notes")
    submission = models.UUIDField(default=uuid.uuid4, editable=False)
    note_encrypted = models.BinaryField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="case_notes")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("note on a case")
        verbose_name_plural = _("notes on cases")
        constraints = [
            models.UniqueConstraint(fields=["application", "submission"], name="note_once_per_form"),
        ]
        indexes = [models.Index(fields=["application", "-id"], name="note_newest_of_case")]

    def __str__(self) -> str:
        return f"{self.application_id} {self.created_at}"
