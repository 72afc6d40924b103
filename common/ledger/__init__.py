"""Every consequential act leaves an event, in the transaction of the act."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from common.actors import Actor
from common.models import LedgerEvent

Listener = Callable[[LedgerEvent], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Tell a room above of every event, in its transaction: what the listener writes stands or falls with the act."""
    if listener not in _listeners:
        _listeners.append(listener)


def record(*, action: str, subject: Any, actor: Actor, facts: dict[str, Any] | None = None) -> LedgerEvent:
    """Write one event. ``facts`` holds ids, codes, versions and hashes, never a personal attribute."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A ledger event belongs in the transaction of its act.")
    event: LedgerEvent = LedgerEvent.objects.create(
        action=action,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        actor_kind=actor.kind,
        actor_id=actor.id,
        facts=facts or {},
        occurred_at=timezone.now(),
    )
    for listener in _listeners:
        listener(event)
    return event
