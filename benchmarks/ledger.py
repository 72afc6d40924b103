"""How long it takes to seal and to prove a ledger of a hundred thousand events."""

import time
import uuid

from django.db import transaction
from django.utils import timezone

from common.ledger.sealing import seal_all
from common.ledger.verification import verify
from common.models import LedgerEvent

EVENTS = 100_000
BATCH = 5_000


def measure() -> None:
    for start in range(0, EVENTS, BATCH):
        with transaction.atomic():
            LedgerEvent.objects.bulk_create(_events(start))
    began = time.perf_counter()
    blocks = seal_all()
    sealed = time.perf_counter()
    found = verify()
    proved = time.perf_counter()
    print(f"seal {EVENTS:,} events ({blocks} blocks): {sealed - began:.1f} s")
    print(f"prove {found.records:,} records: {proved - sealed:.1f} s, {len(found.findings)} findings")


def _events(start: int) -> list[LedgerEvent]:
    now = timezone.now()
    return [
        LedgerEvent(
            action="bench.happened",
            subject_type="bench",
            subject_id=uuid.uuid4(),
            actor_kind="system",
            facts={"number": number, "score": str(uuid.uuid4())},
            occurred_at=now,
        )
        for number in range(start, start + BATCH)
    ]
