from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Branch
from common.ids import new_id
from common.models import SubjectKey
from scoring.enums import BatchState

LIVE = [BatchState.READING, BatchState.SCORING, BatchState.FINISHED]


class Batch(models.Model):
    """A file of applications scored at once, for planning and review: it opens no case and nobody decides on it.

    Its files are encrypted with a key of its own; destroying that key deletes them, wherever copies are.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    branch = models.ForeignKey(Branch, models.PROTECT, null=True, related_name="+")
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    product = models.CharField(_("product"), max_length=40)
    language = models.CharField(
        max_length=2, default="en", help_text="Of whoever sent it: what is said of rows that are refused."
    )
    with_reasons = models.BooleanField(_("with reasons"), default=False)
    model_version = models.ForeignKey("scoring.ModelVersion", models.PROTECT, related_name="+")
    policy = models.ForeignKey("scoring.Policy", models.PROTECT, related_name="+")
    format = models.CharField(max_length=10)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    source_name = models.CharField(max_length=120, blank=True)
    columns = models.JSONField(default=list)
    file_key = models.ForeignKey(SubjectKey, models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=BatchState, default=BatchState.READING)
    rows_read = models.PositiveIntegerField(default=0)
    rows_scored = models.PositiveIntegerField(default=0)
    rows_refused = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    keep_until = models.DateTimeField()

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"], condition=models.Q(state__in=LIVE), name="batch_once_per_file_and_model"
            )
        ]
        indexes = [models.Index(fields=["branch", "-id"], name="batch_of_branch")]

    def __str__(self) -> str:
        return f"{self.product} {self.id}"

    @property
    def created_by(self) -> str:
        return f"{self.actor_kind} {self.actor_id}"

    @property
    def is_open(self) -> bool:
        return self.state in (BatchState.READING, BatchState.SCORING)

    @property
    def progress(self) -> int:
        """Per cent of the rows that have their answer; 0 while the file is read."""
        if self.state == BatchState.FINISHED:
            return 100
        if self.state == BatchState.READING or not self.rows_read:
            return 0
        return min(99, 100 * (self.rows_scored + self.rows_refused) // self.rows_read)


class BatchChunk(models.Model):
    """Some rows of a batch: scored as a whole or not at all. The names lead to files that are complete."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    source_name = models.CharField(max_length=120)
    answer_name = models.CharField(max_length=120, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="batch_chunk_once"),
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=True, answer_name="")
                | (models.Q(done_at__isnull=False) & ~models.Q(answer_name="")),
                name="batch_chunk_done_has_an_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.number}"
