"""Records become a block, a block gets a signed checkpoint. One sealer at a time; writers never wait for it."""

import uuid

from django.db import connection, transaction
from django.utils import timezone

from common.ledger import checkpoints
from common.models import LedgerBlock, LedgerLeaf, LedgerPending, LedgerShape
from common.proof import chain, merkle

# Any number will do as long as nothing else in this database locks it.
LOCK = 0x1ED6E2
MOST_PER_BLOCK = 5_000


def seal() -> LedgerBlock | None:
    """Seal what waits; None when nothing does or another sealer is at it."""
    with transaction.atomic():
        if not _lock():
            return None
        waiting = list(LedgerPending.objects.order_by("id")[:MOST_PER_BLOCK])
        if head := _head():
            checkpoints.ensure(head)
        if not waiting:
            return None
        block = _block(waiting, head)
        LedgerPending.objects.filter(id__in=[entry.id for entry in waiting]).delete()
    _sign_head()
    return block


def seal_all() -> int:
    """Seal until nothing waits; the number of blocks."""
    blocks = 0
    while seal():
        blocks += 1
    return blocks


def as_block(row: LedgerBlock) -> chain.Block:
    return chain.Block(
        ledger_id=str(row.ledger_id),
        number=row.number,
        previous=row.previous,
        merkle_root=row.merkle_root,
        entries=row.entries,
        sealed_at=row.sealed_at.isoformat(timespec="microseconds"),
        sha256=row.sha256,
    )


@transaction.atomic
def _sign_head() -> None:
    """After the commit, as a block that was rolled back must not be signed; another sealer at work does the same."""
    if _lock() and (head := _head()):
        checkpoints.ensure(head)


def _head() -> LedgerBlock | None:
    return LedgerBlock.objects.order_by("-number").first()


def _lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _block(waiting: list[LedgerPending], head: LedgerBlock | None) -> LedgerBlock:
    number = head.number + 1 if head else 1
    leaves = [
        chain.Leaf(number, position, entry.record_type, str(entry.record_id), entry.sha256)
        for position, entry in enumerate(waiting)
    ]
    block = LedgerBlock(
        ledger_id=head.ledger_id if head else uuid.uuid4(),
        number=number,
        previous=head.sha256 if head else chain.NOTHING_BEFORE,
        merkle_root=merkle.root([leaf.content for leaf in leaves]),
        entries=len(leaves),
        sealed_at=timezone.now(),
    )
    block.sha256 = as_block(block).digest()
    block.save()
    shapes = _shapes(waiting)
    LedgerLeaf.objects.bulk_create(
        LedgerLeaf(
            block=block,
            position=position,
            record_type=entry.record_type,
            record_id=entry.record_id,
            shape_id=shapes[entry.record_type, tuple(entry.columns)],
            sha256=entry.sha256,
        )
        for position, entry in enumerate(waiting)
    )
    return block


def _shapes(waiting: list[LedgerPending]) -> dict[tuple[str, tuple[str, ...]], uuid.UUID]:
    wanted = sorted({(entry.record_type, tuple(entry.columns)) for entry in waiting})
    return {
        (record_type, columns): LedgerShape.objects.get_or_create(record_type=record_type, columns=list(columns))[0].id
        for record_type, columns in wanted
    }
