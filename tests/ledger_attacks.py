"""Ten ways to alter a ledger past the portal, each with the kind that verification has to name."""

import json
import random
from collections.abc import Callable

import pgtrigger
from django.db import connection, transaction

from common import ledger
from common.actors import SYSTEM
from common.ledger.sealing import as_block, seal_all
from common.ledger.verification import blocks
from common.models import LedgerBlock, LedgerEvent, LedgerLeaf, LedgerPending, SubjectKey
from common.proof import merkle
from common.record_digests import digest

BLOCKS, EVENTS = 4, 5


def happen(number: int) -> LedgerEvent:
    key = SubjectKey.objects.create(wrapped_key=b"x")
    return ledger.record(action="test.happened", subject=key, actor=SYSTEM, facts={"number": number, "share": 0.1})


def sealed_history() -> list[LedgerEvent]:
    events = []
    for number in range(BLOCKS * EVENTS):
        events.append(happen(number))
        if number % EVENTS == EVENTS - 1:
            seal_all()
    return events


def past_the_portal(statement: str, *values: object) -> None:
    """What somebody with the rights of the database's owner can do."""
    with pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount, statement


def update_record(event: LedgerEvent) -> str:
    columns = ["action", "subject_type", "actor_kind"]
    column = random.Random(event.facts["number"]).choice(columns)
    past_the_portal(f"UPDATE common_ledgerevent SET {column} = 'other' WHERE id = %s", event.id)  # noqa: S608
    return "altered"


def swap_records(event: LedgerEvent) -> str:
    """Each record gets the other's content, as if they had happened to each other."""
    other = LedgerEvent.objects.exclude(id=event.id).first()
    assert other
    for row, source in ((event, other), (other, event)):
        past_the_portal(
            "UPDATE common_ledgerevent SET subject_id = %s, facts = %s WHERE id = %s",
            source.subject_id,
            json.dumps(source.facts),
            row.id,
        )
    return "altered"


def delete_record(event: LedgerEvent) -> str:
    past_the_portal("DELETE FROM common_ledgerevent WHERE id = %s", event.id)
    return "deleted"


def delete_record_and_leaf(event: LedgerEvent) -> str:
    past_the_portal("DELETE FROM common_ledgerevent WHERE id = %s", event.id)
    past_the_portal("DELETE FROM common_ledgerleaf WHERE record_id = %s", event.id)
    return "entries_wrong"


def insert_record(event: LedgerEvent) -> str:
    event = happen(1000)
    past_the_portal("DELETE FROM common_ledgerpending WHERE record_id = %s", event.id)
    return "inserted"


def insert_into_block(event: LedgerEvent) -> str:
    leaf = LedgerLeaf.objects.get(record_id=event.id)
    added = happen(1000)
    waiting = LedgerPending.objects.get(record_id=added.id)
    waiting.delete()
    LedgerLeaf.objects.create(
        block=leaf.block,
        position=EVENTS,
        record_type=leaf.record_type,
        record_id=added.id,
        shape=leaf.shape,
        sha256=waiting.sha256,
    )
    return "entries_wrong"


def swap_leaves(event: LedgerEvent) -> str:
    leaf = LedgerLeaf.objects.get(record_id=event.id)
    other = leaf.block.leaves.exclude(id=leaf.id).first()
    assert other
    for row, place in ((leaf, 1000), (other, leaf.position), (leaf, other.position)):
        past_the_portal("UPDATE common_ledgerleaf SET position = %s WHERE id = %s", place, row.id)
    return "entries_altered"


def swap_blocks(event: LedgerEvent) -> str:
    numbers = {1: 1000, 2: 1, 1000: 2}
    for before, after in numbers.items():
        past_the_portal("UPDATE common_ledgerblock SET number = %s WHERE number = %s", after, before)
    return "chain_broken"


def cut_head(event: LedgerEvent) -> str:
    past_the_portal("DELETE FROM common_ledgerleaf WHERE block_id = (SELECT id FROM common_ledgerblock WHERE number=1)")
    past_the_portal("DELETE FROM common_ledgerblock WHERE number = 1")
    return "head_missing"


def cut_tail(event: LedgerEvent) -> str:
    past_the_portal(
        "DELETE FROM common_ledgerevent WHERE id IN (SELECT record_id FROM common_ledgerleaf WHERE block_id ="
        " (SELECT id FROM common_ledgerblock WHERE number = %s))",
        BLOCKS,
    )
    past_the_portal(
        "DELETE FROM common_ledgerleaf WHERE block_id = (SELECT id FROM common_ledgerblock WHERE number = %s)", BLOCKS
    )
    past_the_portal("DELETE FROM common_ledgerblock WHERE number = %s", BLOCKS)
    return "tail_missing"


def duplicate(event: LedgerEvent) -> str:
    leaf = LedgerLeaf.objects.get(record_id=event.id)
    other = leaf.block.leaves.exclude(id=leaf.id).first()
    assert other
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what is deferred forbids to alter the table
        cursor.execute("ALTER TABLE common_ledgerleaf DROP CONSTRAINT ledger_record_once")
    past_the_portal(
        "UPDATE common_ledgerleaf SET record_id = %s, sha256 = %s WHERE id = %s", leaf.record_id, leaf.sha256, other.id
    )
    return "duplicate"


def rewrite_with_fresh_hashes(event: LedgerEvent) -> str:
    """Everything from the altered record on is hashed and chained anew; only the signatures cannot be."""
    past_the_portal("UPDATE common_ledgerevent SET action = 'other' WHERE id = %s", event.id)
    row = LedgerEvent.objects.get(id=event.id)
    past_the_portal("UPDATE common_ledgerleaf SET sha256 = %s WHERE record_id = %s", digest(row), event.id)
    previous = None
    contents = {block.number: leaves for block, leaves in blocks()}
    for block in LedgerBlock.objects.order_by("number"):
        block.merkle_root = merkle.root([leaf.content for leaf in contents[block.number]])
        block.previous = previous or block.previous
        block.sha256 = previous = as_block(block).digest()
        past_the_portal(
            "UPDATE common_ledgerblock SET merkle_root = %s, previous = %s, sha256 = %s WHERE id = %s",
            block.merkle_root,
            block.previous,
            block.sha256,
            block.id,
        )
    return "rewritten"


def roll_back(event: LedgerEvent) -> str:
    """The database of yesterday: consistent in itself, and shorter than what was signed."""
    happen(1000)
    cut = transaction.savepoint()
    seal_all()
    transaction.savepoint_rollback(cut)
    return "tail_missing"


ATTACKS: list[Callable[[LedgerEvent], str]] = [
    update_record,
    swap_records,
    delete_record,
    delete_record_and_leaf,
    insert_record,
    insert_into_block,
    swap_leaves,
    swap_blocks,
    cut_head,
    cut_tail,
    duplicate,
    rewrite_with_fresh_hashes,
]
