from django.db import models
from django.utils.translation import gettext_lazy as _

from common.append_only import AppendOnlyModel
from common.ids import new_id
from common.ledger_models import LedgerBlock, LedgerLeaf, LedgerPending, LedgerShape

__all__ = [
    "IdempotentRequest",
    "Job",
    "JobState",
    "LedgerBlock",
    "LedgerEvent",
    "LedgerLeaf",
    "LedgerPending",
    "LedgerShape",
    "SubjectKey",
]


class JobState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class Job(models.Model):
    """Work that must not be lost: a row written in the same transaction as its cause."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    run_after = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    progress = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="job_once_per_kind_and_key")]
        indexes = [
            models.Index(fields=["run_after"], name="job_open", condition=models.Q(state__in=["queued", "running"]))
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} ({self.state})"

    @property
    def is_open(self) -> bool:
        return self.state in (JobState.QUEUED, JobState.RUNNING)


class LedgerEvent(AppendOnlyModel):
    """One consequential act: ids and hashes only, so that erasing a person leaves it verifiable."""

    action = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    facts = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["subject_id", "occurred_at"], name="ledger_subject")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_id}"


class SubjectKey(models.Model):
    """The key that a person's data is encrypted with, wrapped by the master key; destroying it erases the person."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    wrapped_key = models.BinaryField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(wrapped_key__isnull=True, destroyed_at__isnull=False)
                | models.Q(wrapped_key__isnull=False, destroyed_at__isnull=True),
                name="subject_key_destroyed_is_paired",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class IdempotentRequest(models.Model):
    """The first answer to a request that carried an idempotency key, kept to be given again byte for byte."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner_id = models.UUIDField()
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=120, blank=True)
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner_id", "key"], name="idempotency_key_once_per_owner")]

    def __str__(self) -> str:
        return self.key
