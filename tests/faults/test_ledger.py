"""Every way to alter a ledger, at a hundred places each, and a hundred ledgers that nobody altered.

At every change at five places; ``make faults`` tries the hundred.
"""

import os
import random
import threading
from pathlib import Path

import pytest
from django.db import connection, transaction

from common.ledger.sealing import seal, seal_all
from common.ledger.verification import verify
from common.models import LedgerBlock, LedgerLeaf
from tests.ledger_attacks import ATTACKS, happen, sealed_history

SEEDS = 100 if os.environ.get("FAULTS") == "full" else 5
WRITERS, EVENTS = 16, 25


@pytest.mark.django_db
def test_nothing_is_missed_and_nothing_is_made_up(ledger_store: Path):
    history = sealed_history()
    signed = {path: path.read_bytes() for path in ledger_store.rglob("*.json")}
    missed, alarms = [], 0
    for seed in range(SEEDS):
        alarms += bool(verify().findings)
        for attack in ATTACKS:
            here = transaction.savepoint()
            expected = attack(random.Random(seed).choice(history))
            if expected not in {finding.kind for finding in verify().findings}:
                missed.append((attack.__name__, seed))
            transaction.savepoint_rollback(here)
            for path in set(ledger_store.rglob("*.json")) - set(signed):
                path.unlink()
    print(f"{len(ATTACKS)} kinds x {SEEDS} seeds: {len(missed)} missed, {alarms} false alarms")
    assert (missed, alarms) == ([], 0)


@pytest.mark.django_db(transaction=True)
def test_sixteen_writers_make_one_chain(ledger_store: Path):
    stop = threading.Event()

    def keep_sealing() -> None:
        while not stop.is_set():
            seal()
        connection.close()

    def write() -> None:
        for number in range(EVENTS):
            with transaction.atomic():
                happen(number)
        connection.close()

    sealers = [threading.Thread(target=keep_sealing) for _ in range(2)]
    writers = [threading.Thread(target=write) for _ in range(WRITERS)]
    for thread in sealers + writers:
        thread.start()
    for thread in writers:
        thread.join(60)
    stop.set()
    for thread in sealers:
        thread.join(60)
    seal_all()
    found = verify()
    assert (found.records, found.waiting, found.findings) == (WRITERS * EVENTS, 0, [])
    assert list(LedgerBlock.objects.values_list("number", flat=True)) == list(range(1, found.blocks + 1))
    assert LedgerLeaf.objects.count() == WRITERS * EVENTS
