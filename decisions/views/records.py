"""What was decided: the list and the record, the same for officers and auditors."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.enums import Act
from accounts.gates import open_to
from applications import wording as file_wording
from applications.enums import Door
from applications.reads import read_record
from applications.selectors import keyset
from applications.services import contract_of
from common.models import LedgerEvent
from decisions import charts, selectors, wording
from decisions.audit.forms import QuestionForm
from decisions.audit.questions import MOST_COUNTED, count_up_to, decisions_asked
from decisions.contests.selectors import contest_of_case
from decisions.letters.selectors import letter_view
from decisions.offers.selectors import offer_on_record
from decisions.services import note_of
from explanations.wording import reason_text


@require_GET
@open_to(Act.READ_DECISIONS)
def decision_list(request: HttpRequest) -> HttpResponse:
    """A filter that means nothing is answered with the words why, and with no list."""
    form = QuestionForm(request.user, request.GET)
    context: dict[str, Any] = {"form": form, "page": None, "count": 0, "most_counted": MOST_COUNTED, "parts": []}
    if form.is_valid():
        rows = decisions_asked(user=request.user, asked=form.cleaned_data)
        page = keyset(rows, after=request.GET.get("after"))
        context |= {"page": page, "count": count_up_to(rows), "parts": form.parts}
    return render(request, "decisions/decision_list.html", context, status=422 if form.errors else 200)


@require_GET
@open_to(Act.READ_DECISIONS)
def decision_detail(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    rows = selectors.decisions_visible_to(request.user)
    decision = selectors.decision_get(rows=rows, decision_id=decision_id)
    read_record(applicant_id=decision.application.applicant_id, door=Door.DECISION, actor=request.user.actor)
    score, application, override = decision.score, decision.application, decision.override
    events = LedgerEvent.objects.filter(subject_id=application.id).order_by("-occurred_at")[:50]
    contract = contract_of(application.product)
    context = {
        "decision": decision,
        "application": application,
        "score": score,
        "override": override,
        "reasons": [reason_text(reason) for reason in decision.reasons],
        "note": note_of(decision),
        "override_note": note_of(override) if override else "",
        "review_note": note_of(override.review) if override else "",
        "advice": wording.advice_text(score),
        "meaning": wording.meaning_of(score.probability_of_default, contract.horizon_months),
        "gauge": charts.gauge(score.probability_of_default, score.cutoff),
        "findings": wording.findings_of(score) + wording.doubts_of(score),
        "product": file_wording.label_of(contract),
        "timeline": wording.timeline(events),
        "offer": offer_on_record(decision),
        "letter": letter_view(decision),
        "contest": contest_of_case(application.id),
    }
    return render(request, "decisions/decision_detail.html", context)
