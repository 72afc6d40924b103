"""Gather the records of a decision, each with its proof that the ledger holds it."""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from common.actors import Actor
from common.ledger import checkpoints
from common.ledger.sealing import as_block
from common.models import LedgerBlock, LedgerEvent, LedgerLeaf
from common.proof import merkle
from common.proof.chain import Leaf
from common.proof.evidence import FORMAT
from common.record_digests import columns, plain_values
from decisions import wording
from decisions.models import Decision, Notice
from explanations.models import Explanation

LEAF = ("block__number", "position", "record_type", "record_id", "sha256")


def evidence_content(decision: Decision, reader: Actor) -> dict[str, Any]:
    """Ids and inputs, no direct identifier: what is encrypted stands in it as a hash."""
    events = events_of(decision)
    rows = [*records_of(decision), *events]
    sealed = _sealed(rows)
    numbers = sorted({leaf.block_id: leaf.block for leaf in sealed.values()}.values(), key=lambda block: block.number)
    leaves = {block.number: _leaves(block) for block in numbers}
    return {
        "format": FORMAT,
        "issued_at": timezone.now().isoformat(timespec="seconds"),
        "issued_to": {"kind": reader.kind, "id": str(reader.id) if reader.id else None},
        "parts": _parts(decision),
        "model": _model(decision),
        "acts": [_act(event, moment) for event, moment in zip(events, wording.timeline(events), strict=True)],
        "records": [_record(row, sealed.get((row._meta.label_lower, row.pk)), leaves) for row in rows],
        "blocks": [{"block": asdict(as_block(block)), "checkpoint": _checkpoint(block)} for block in numbers],
    }


def records_of(decision: Decision) -> list[models.Model]:
    """Every record that the decision rests on or that followed from it."""
    score, application = decision.score, decision.application
    rows: list[models.Model] = [score.credit_file, score.policy, score]
    rows += Explanation.objects.filter(score=score)
    for override in application.overrides.order_by("id"):
        rows += [override, *([override.review] if hasattr(override, "review") else [])]
    for offer in application.offers.order_by("id"):
        rows += [offer, *([offer.answer] if hasattr(offer, "answer") else [])]
    for kind in (application.amendments, application.referrals, application.case_notes):
        rows += kind.order_by("id")
    rows.append(decision)
    for contest in application.contests.order_by("id"):
        rows += [contest, *([contest.answer] if hasattr(contest, "answer") else [])]
    for notice in Notice.objects.filter(Q(decision=decision) | Q(answer__application=application)).order_by("id"):
        rows += [notice, *notice.deliveries.order_by("id")]
    return rows


def events_of(decision: Decision) -> list[LedgerEvent]:
    """Every act on the case, the oldest first."""
    subjects = [decision.application_id, *[row.pk for row in records_of(decision)]]
    return list(LedgerEvent.objects.filter(subject_id__in=subjects).order_by("occurred_at", "id"))


def _parts(decision: Decision) -> dict[str, str | None]:
    score = decision.score
    explanation = Explanation.objects.filter(score=score).first()
    return {
        "application": str(decision.application_id),
        "decision": str(decision.id),
        "score": str(score.id),
        "credit_file": str(score.credit_file_id),
        "policy": str(score.policy_id),
        "explanation": str(explanation.id) if explanation else None,
    }


def _model(decision: Decision) -> dict[str, str]:
    version = decision.score.model_version
    return {
        "version": version.version,
        "product": version.product,
        "bundle_checksum": version.checksum,
    }


def _act(event: LedgerEvent, moment: wording.Moment) -> dict[str, Any]:
    return {
        "event": str(event.id),
        "at": event.occurred_at.isoformat(timespec="microseconds"),
        "action": event.action,
        "words": str(moment.text),
        "actor_kind": event.actor_kind,
        "actor_id": str(event.actor_id) if event.actor_id else None,
    }


def _sealed(rows: Iterable[models.Model]) -> dict[tuple[str, uuid.UUID], LedgerLeaf]:
    by_type: dict[str, list[uuid.UUID]] = defaultdict(list)
    for row in rows:
        by_type[row._meta.label_lower].append(row.pk)
    return {
        (leaf.record_type, leaf.record_id): leaf
        for kind, ids in by_type.items()
        for leaf in LedgerLeaf.objects.filter(record_type=kind, record_id__in=ids).select_related("block", "shape")
    }


def _leaves(block: LedgerBlock) -> list[bytes]:
    found = block.leaves.order_by("position").values_list(*LEAF)
    return [Leaf(number, place, kind, str(key), sha).content for number, place, kind, key, sha in found]


def _record(row: models.Model, leaf: LedgerLeaf | None, leaves: dict[int, list[bytes]]) -> dict[str, Any]:
    model = type(row)
    names = list(leaf.shape.columns) if leaf else list(columns(model))
    said: dict[str, Any] = {
        "record_type": model._meta.label_lower,
        "record_id": str(row.pk),
        "values": plain_values(model, names, [getattr(row, name) for name in names]),
        "leaf": None,
        "proof": [],
    }
    if leaf:
        said["leaf"] = asdict(
            Leaf(leaf.block.number, leaf.position, leaf.record_type, str(leaf.record_id), leaf.sha256)
        )
        said["proof"] = [asdict(step) for step in merkle.proof(leaves[leaf.block.number], leaf.position)]
    return said


def _checkpoint(block: LedgerBlock) -> dict[str, Any] | None:
    signed = checkpoints.signed(block)
    return None if signed is None else dict(json.loads(signed))
