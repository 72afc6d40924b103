"""Every consequential act leaves an event, in the transaction of the act."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from common.actors import Actor
from common.canonical import sha256_of
from common.models import LedgerEvent


def record(*, action: str, subject: Any, actor: Actor, facts: dict[str, Any] | None = None) -> LedgerEvent:
    """Write one event. ``facts`` holds ids, codes, versions and hashes, never a personal attribute."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A ledger event belongs in the transaction of its act.")
    event = LedgerEvent(
        action=action,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        actor_kind=actor.kind,
        actor_id=actor.id,
        facts=facts or {},
        occurred_at=timezone.now(),
    )
    event.sha256 = event_sha256(event)
    event.save()
    return event


def event_sha256(event: LedgerEvent) -> str:
    """The hash an auditor recomputes: over every column but the hash and the row's creation time."""
    return sha256_of(
        {
            "id": str(event.id),
            "action": event.action,
            "subject_type": event.subject_type,
            "subject_id": str(event.subject_id),
            "actor_kind": event.actor_kind,
            "actor_id": str(event.actor_id) if event.actor_id else None,
            "facts": event.facts,
            "occurred_at": event.occurred_at.isoformat(),
        }
    )
