"""The letter: how it would read before the decision, how it reads after, and sending it."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.enums import Act
from accounts.gates import open_to
from applications.enums import Door
from applications.reads import read_record
from decisions import selectors
from decisions.enums import Outcome
from decisions.forms import DecisionForm
from decisions.letters.content import OfferFacts
from decisions.letters.selectors import letter_view
from decisions.letters.services import draft_pdf, notice_pdf, notice_send_request
from decisions.models import Decision, Notice
from decisions.offers.services import last_day
from decisions.policy import sends_model_reasons
from decisions.selectors import CaseView
from decisions.services import override_reason_as_sent, reasons_as_sent


@require_POST
@open_to(Act.DECIDE)
def letter_preview(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """The letter as it would go out if the decision on the form were made now; nothing is kept."""
    case = selectors.case_view(user=request.user, application_id=application_id)
    form = DecisionForm(case, request.POST)
    if not form.is_valid() or form.cleaned_data["outcome"] not in Outcome.values or case.explanation is None:
        messages.error(request, _("The letter can be shown once the decision on the form is complete."))
        return redirect("decisions:case-detail", application_id)
    data = form.input()
    by_model = sends_model_reasons(data.outcome, form.direction)
    own = override_reason_as_sent(data.outcome, data.override_reason) if form.direction else []
    reasons = reasons_as_sent(data, case.explanation) if by_model else own
    pdf = draft_pdf(case.application, data.outcome, reasons, by_model=by_model, offer=_offered(case, form))
    return inline(pdf, f"{case.application.reference}-draft.pdf")


@require_GET
@open_to(Act.READ_DECISIONS)
def letter_read(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    decision = _decision(request, decision_id)
    notice = getattr(decision, "notice", None)
    if notice is None:
        messages.info(request, _("The letter is still being written."))
        return redirect("decisions:decision-detail", decision_id)
    read_record(applicant_id=decision.application.applicant_id, door=Door.LETTER, actor=request.user.actor)
    return inline(notice_pdf(notice), f"{decision.application.reference}.pdf")


@require_GET
@open_to(Act.READ_DECISIONS)
def letter_state(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    """The part of the record that fills itself in once the letter is written."""
    decision = _decision(request, decision_id)
    return render(request, "decisions/_letter.html", {"letter": letter_view(decision)})


@require_POST
@open_to(Act.DECIDE)
def letter_send(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    decision = _decision(request, decision_id)
    notice_send_request(notice=get_object_or_404(Notice, decision=decision), user=request.user)
    messages.success(request, _("The letter is on its way."))
    return redirect("decisions:decision-detail", decision_id)


def _decision(request: HttpRequest, decision_id: uuid.UUID) -> Decision:
    rows = selectors.decisions_visible_to(request.user)
    return selectors.decision_get(rows=rows, decision_id=decision_id)


def _offered(case: CaseView, form: DecisionForm) -> OfferFacts | None:
    if form.offered is None:
        return None
    return OfferFacts(case.asked, form.offered.changes, last_day())


def inline(pdf: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'inline; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)
