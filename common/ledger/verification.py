"""Whether every record is what was sealed, and the ledger what was signed."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction

from common.actors import Actor
from common.append_only import AppendOnlyModel
from common.ledger import checkpoints, record
from common.ledger.sealing import as_block
from common.models import LedgerBlock, LedgerLeaf, LedgerPending, LedgerShape
from common.proof.chain import Block, Finding, Leaf, check_blocks, check_record
from common.proof.checkpoints import Checkpoint, check_checkpoints
from common.record_digests import columns, digest_of

VERIFIED = "ledger.verified"
CHUNK = 2_000
# Where a record stands that no block holds: behind them all.
BEHIND = 2**62
LEAF = ("block__number", "position", "record_type", "record_id", "sha256")
Sealed = tuple[Leaf, tuple[str, ...]]


@dataclass(frozen=True)
class Verification:
    """``findings`` in the order of the ledger: the first is the first bad entry."""

    blocks: int
    records: int
    waiting: int
    findings: list[Finding]


def verify() -> Verification:
    """Check the whole ledger against the records, on one snapshot of the database."""
    signed = checkpoints.written()  # before the snapshot, or a checkpoint could be ahead of it
    is_outermost = not connection.in_atomic_block
    with _frozen_heap(), transaction.atomic():
        if is_outermost:  # within somebody else's transaction there is a snapshot already
            _take_snapshot()
        hashes = dict(LedgerBlock.objects.values_list("number", "sha256"))
        findings = list(check_blocks(blocks()))
        for model in record_models():
            findings += _check_model(model)
        findings += check_checkpoints(hashes, _own(signed))
        waiting, records = LedgerPending.objects.count(), LedgerLeaf.objects.count()
    return Verification(len(hashes), records, waiting, sorted(findings))


def record_verification(found: Verification, actor: Actor) -> None:
    """Leave in the ledger that it was checked, up to which block, and how many findings there were."""
    last = LedgerBlock.objects.order_by("-number").first()
    if last is None or _is_replica():
        return
    facts = {"blocks": found.blocks, "records": found.records, "findings": len(found.findings)}
    with transaction.atomic():
        record(action=VERIFIED, subject=last, actor=actor, facts=facts)


def _is_replica() -> bool:
    """A copy that only follows can be verified, and takes no record of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_is_in_recovery()")
        return bool(cursor.fetchone()[0])


def record_models() -> list[type[AppendOnlyModel]]:
    """Every kind of record that the ledger seals."""
    found = [model for model in apps.get_models() if issubclass(model, AppendOnlyModel) and model.is_sealed]
    return sorted(found, key=lambda model: model._meta.label_lower)


def blocks() -> Iterator[tuple[Block, list[Leaf]]]:
    """The ledger block by block, each with its leaves in their order."""
    for row in LedgerBlock.objects.order_by("number").iterator(CHUNK):
        yield as_block(row), [_leaf(values) for values in row.leaves.order_by("position").values_list(*LEAF)]


@contextmanager
def _frozen_heap() -> Iterator[None]:
    """The collector leaves alone what is loaded already; looking through it again and again is a third of the time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _take_snapshot() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _own(signed: dict[str, list[tuple[str, Checkpoint | None]]]) -> list[tuple[str, Checkpoint | None]]:
    """The checkpoints of this ledger; of every ledger when this one has no block at all."""
    head = LedgerBlock.objects.order_by("-number").first()
    if head:
        return signed.get(str(head.ledger_id), [])
    return [entry for entries in signed.values() for entry in entries]


def _check_model(model: type[AppendOnlyModel]) -> Iterator[Finding]:
    label = model._meta.label_lower
    shapes = {shape.id: tuple(shape.columns) for shape in LedgerShape.objects.filter(record_type=label)}
    gone = LedgerLeaf.objects.filter(record_type=label).exclude(record_id__in=model.objects.values("id"))
    for values in gone.values_list(*LEAF):
        yield from _found(check_record(_leaf(values), None))
    names = columns(model)
    rows = model.objects.order_by("id").values_list("id", *names).iterator(CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        sealed = _sealed(label, [key for key, *_values in chunk], shapes)
        for key, *values in chunk:
            yield from _found(_check_row(model, key, dict(zip(names, values, strict=True)), sealed.get(key)))


def _sealed(label: str, keys: list[UUID], shapes: dict[UUID, tuple[str, ...]]) -> dict[UUID, Sealed]:
    """What was sealed of these records, or waits to be: those stand behind the last block."""
    held = LedgerLeaf.objects.filter(record_type=label, record_id__in=keys).values_list("shape_id", *LEAF)
    found: dict[UUID, Sealed] = {values[4]: (_leaf(values[1:]), shapes[values[0]]) for values in held}
    if len(found) < len(keys):
        for entry in LedgerPending.objects.filter(record_type=label, record_id__in=keys):
            leaf = Leaf(BEHIND, 0, label, str(entry.record_id), entry.sha256)
            found.setdefault(entry.record_id, (leaf, tuple(entry.columns)))
    return found


def _check_row(model: type[AppendOnlyModel], key: UUID, row: dict[str, Any], sealed: Sealed | None) -> Finding | None:
    if sealed is None:
        message = "The record was never sealed nor waits to be: it was written past the portal."
        return Finding(BEHIND, 0, "inserted", model._meta.label_lower, str(key), message)
    leaf, names = sealed
    return check_record(leaf, digest_of(model, key, names, [row[name] for name in names]))


def _leaf(values: Any) -> Leaf:
    number, position, record_type, record_id, sha256 = values
    return Leaf(number, position, record_type, str(record_id), sha256)


def _found(finding: Finding | None) -> list[Finding]:
    return [finding] if finding else []
