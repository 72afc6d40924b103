"""The tables of the sealed ledger. Records wait in ``LedgerPending`` until a block seals them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from common.append_only import AppendOnlyModel
from common.ids import new_id


class LedgerPending(models.Model):
    """A record that no block holds yet; written with it, taken away by the block that seals it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    record_type = models.CharField(max_length=60)
    record_id = models.UUIDField(unique=True)
    columns = ArrayField(models.CharField(max_length=80))
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.record_type} {self.record_id}"


class LedgerShape(AppendOnlyModel):
    """The columns a record type had when its records were sealed, so that a later column changes no old digest."""

    is_sealed = False

    record_type = models.CharField(max_length=60)
    columns = ArrayField(models.CharField(max_length=80))

    class Meta(AppendOnlyModel.Meta):
        constraints = [models.UniqueConstraint(fields=["record_type", "columns"], name="ledger_shape_once")]

    def __str__(self) -> str:
        return self.record_type


class LedgerBlock(AppendOnlyModel):
    """A Merkle tree over the records of about a second; its hash goes into the next block."""

    is_sealed = False

    ledger_id = models.UUIDField()
    number = models.PositiveBigIntegerField(unique=True)
    previous = models.CharField(max_length=64)
    merkle_root = models.CharField(max_length=64)
    entries = models.PositiveIntegerField()
    sealed_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)

    class Meta(AppendOnlyModel.Meta):
        ordering = ["number"]

    def __str__(self) -> str:
        return f"block {self.number}"


class LedgerLeaf(AppendOnlyModel):
    """One sealed record: where it stands and the digest it had."""

    is_sealed = False
    created_at = None  # type: ignore[assignment]  # its block says when

    block = models.ForeignKey(LedgerBlock, models.PROTECT, related_name="leaves")
    position = models.PositiveIntegerField()
    record_type = models.CharField(max_length=60)
    record_id = models.UUIDField()
    shape = models.ForeignKey(LedgerShape, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["block", "position"], name="ledger_place_once"),
            models.UniqueConstraint(fields=["record_type", "record_id"], name="ledger_record_once"),
        ]

    def __str__(self) -> str:
        return f"{self.block_id}/{self.position}"
