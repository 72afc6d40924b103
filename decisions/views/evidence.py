"""The evidence of one decision: to read, to print, to take away signed, and to compute again."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from accounts.enums import Act
from accounts.gates import open_to
from common.canonical import canonical_json
from decisions import selectors, wording
from decisions.evidence import services
from decisions.evidence.document import events_of
from decisions.evidence.selectors import feature_rows
from decisions.models import Decision
from decisions.replay import Replay
from explanations.wording import reason_text

SHOWN = 50


@require_GET
@open_to(Act.READ_DECISIONS)
def evidence_detail(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    decision = _decision(request, decision_id)
    services.evidence_read_record(decision=decision, actor=request.user.actor)
    return _page(request, decision, None)


@require_POST
@open_to(Act.READ_DECISIONS)
def evidence_download(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    decision = _decision(request, decision_id)
    document = services.evidence_issue(decision=decision, actor=request.user.actor)
    headers = {
        "Content-Disposition": f'attachment; filename="evidence-{decision.id}.json"',
        "Cache-Control": "no-store",
    }
    return HttpResponse(canonical_json(document) + b"\n", content_type="application/json", headers=headers)


@require_POST
@open_to(Act.READ_DECISIONS)
def decision_replay(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    decision = _decision(request, decision_id)
    return _page(request, decision, services.decision_replay(decision=decision, actor=request.user.actor))


def _page(request: HttpRequest, decision: Decision, replayed: Replay | None) -> HttpResponse:
    explanation = getattr(decision.score, "explanation", None)
    context: dict[str, Any] = {
        "decision": decision,
        "score": decision.score,
        "explanation": explanation,
        "features": feature_rows(decision.score),
        "reasons": [reason_text(reason) for reason in explanation.principal_reasons] if explanation else [],
        "findings": wording.findings_of(decision.score) + wording.doubts_of(decision.score),
        "acts": wording.timeline(events_of(decision)),
        "replay": replayed,
        "shown_differences": replayed.differences[:SHOWN] if replayed else [],
    }
    return render(request, "decisions/evidence_detail.html", context)


def _decision(request: HttpRequest, decision_id: uuid.UUID) -> Decision:
    rows = selectors.decisions_visible_to(request.user)
    return selectors.decision_get(rows=rows, decision_id=decision_id)
