"""Give the evidence of a decision; that it was read is an act of its own, and a reading of the person's data."""

from typing import Any

from django.db import transaction

from applications.enums import Door
from applications.reads import read_record
from common import ledger
from common.actors import Actor
from common.ledger import checkpoints
from decisions.evidence.document import evidence_content
from decisions.models import Decision
from decisions.replay import Replay, replay


@transaction.atomic
def evidence_issue(*, decision: Decision, actor: Actor) -> dict[str, Any]:
    """The signed document; its own issue is recorded and is therefore in the next one, not in this."""
    _read(decision, actor)
    content = evidence_content(decision, actor)
    ledger.record(action="evidence.issued", subject=decision, actor=actor)
    return checkpoints.signed_evidence(content)


@transaction.atomic
def evidence_read_record(*, decision: Decision, actor: Actor) -> None:
    _read(decision, actor)
    ledger.record(action="evidence.read", subject=decision, actor=actor)


@transaction.atomic
def decision_replay(*, decision: Decision, actor: Actor) -> Replay:
    _read(decision, actor)
    found = replay(decision.score)
    facts = {"score": str(decision.score_id), "state": found.state.value, "differences": len(found.differences)}
    ledger.record(action="decision.replayed", subject=decision, actor=actor, facts=facts)
    return found


def _read(decision: Decision, actor: Actor) -> None:
    read_record(applicant_id=decision.application.applicant_id, door=Door.EVIDENCE, actor=actor)
