"""What an event of the ledger says to other systems: its type, its time and ids; whoever may know more, asks."""

import json
import uuid
from dataclasses import dataclass

from applications.models import Application
from common.models import LedgerEvent
from explanations.models import Explanation
from integrations.enums import EventType
from scoring.batches.models import Batch

# by the act that was recorded and, for a case that moved, by the fact that only this move has
MOVES = {
    ("scored", "score"): EventType.APPLICATION_SCORED,
    ("decided", "decision"): EventType.DECISION_RECORDED,
    ("reviewed", "decision"): EventType.DECISION_RECORDED,
    ("contested", "contest"): EventType.DECISION_CONTESTED,
}
ACTS = {
    "explanation.recorded": EventType.EXPLANATION_READY,
    "contest.answered": EventType.CONTEST_ANSWERED,
    "notice.written": EventType.LETTER_READY,
    "batch.finished": EventType.BATCH_FINISHED,
}
IDS = ("score", "decision", "contest", "answer", "notice")


@dataclass(frozen=True)
class Message:
    type: EventType
    branch_id: uuid.UUID | None
    body: str


def type_of(event: LedgerEvent) -> EventType | None:
    if event.action == "application.moved":
        moves = (kind for (to, fact), kind in MOVES.items() if event.facts.get("to") == to and fact in event.facts)
        return next(moves, None)
    return ACTS.get(event.action)


def message_of(event: LedgerEvent, kind: EventType) -> Message:
    branch_id, ids = _subject(event, kind)
    ids |= {name: event.facts[name] for name in IDS if name in event.facts}
    content = {"type": kind.value, "timestamp": event.occurred_at.isoformat(), "data": ids}
    return Message(kind, branch_id, json.dumps(content, separators=(",", ":")))


def _subject(event: LedgerEvent, kind: EventType) -> tuple[uuid.UUID | None, dict[str, str]]:
    """Whose branch it is, and the name of the thing in the API."""
    if kind == EventType.BATCH_FINISHED:
        branch = Batch.objects.values_list("branch_id", flat=True).get(id=event.subject_id)
        return branch, {"batch": str(event.subject_id)}
    application = event.subject_id
    if kind == EventType.EXPLANATION_READY:
        found = Explanation.objects.values_list("score__application_id", flat=True)
        application = found.get(id=event.subject_id)
    rows = Application.objects.values_list("branch_id", flat=True)
    return rows.get(id=application), {"application": str(application)}
