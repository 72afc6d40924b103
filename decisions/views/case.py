"""The case page and the decision made on it."""

import uuid
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.enums import Act
from accounts.gates import open_to
from applications import wording as file_wording
from applications.enums import Door
from applications.reads import read_record
from applications.services import contract_of, score_request
from common import jobs
from common.errors import Conflict, InvalidInput
from decisions import charts, selectors, wording
from decisions.forms import REFER, DecisionForm, typed_score
from decisions.models import Decision, Override, Review
from decisions.notes.forms import NoteForm
from decisions.notes.selectors import newest_notes
from decisions.offers.selectors import offer_view
from decisions.selectors import CaseView
from decisions.services import decision_create, note_of, referral_create
from explanations.selectors import usual_weights
from explanations.wording import reason_groups, ways_to_better_advice
from ml.affordability import affordability_of
from ml.levers import load_levers

NOTHING_NEW = 204


@require_GET
@open_to(Act.READ_CASES)
def case_detail(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    case = selectors.case_view(user=request.user, application_id=application_id)
    if request.htmx and _is_pending(case):
        return HttpResponse(status=NOTHING_NEW)
    read_record(applicant_id=case.application.applicant_id, door=Door.CASE, actor=request.user.actor)
    return _page(request, case, fragment=bool(request.htmx))


@require_POST
@open_to(Act.DECIDE)
def case_decide(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """First shown in full, then confirmed once. Whatever is refused comes back with everything that was typed."""
    case = selectors.case_view(user=request.user, application_id=application_id)
    step = request.POST.get("step", "check")
    typed = DecisionForm.as_typed(case, request.POST)
    if step == "edit":
        return _page(request, case, form=typed)
    refusal = _changed_meanwhile(request, case)
    if refusal:
        return _page(request, case, form=typed, refusal=refusal, status=409)
    form = DecisionForm(case, request.POST)
    if not form.is_valid():
        return _page(request, case, form=form, status=422)
    if step != "confirmed":
        return render(request, "decisions/case_confirm.html", _confirmation(case, form))
    return _write(request, case, form)


@require_POST
@open_to(Act.DECIDE)
def case_try_again(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    case = selectors.case_view(user=request.user, application_id=application_id)
    job, file = case.pending_job, case.latest
    with transaction.atomic():
        if job is not None:
            jobs.enqueue(kind=job.kind, key=job.key, payload=job.payload)
        elif case.score is None and file is not None:
            score_request(credit_file=file)
    return redirect("decisions:case-detail", application_id)


def _write(request: HttpRequest, case: CaseView, form: DecisionForm) -> HttpResponse:
    application, data = case.application, form.input()
    try:
        if data.outcome == REFER:
            referral_create(application=application, score_id=data.score_id, note=data.note, user=request.user)
            messages.success(request, _("The case %(case)s was referred.") % {"case": application.reference})
            return redirect("decisions:case-queue")
        record = decision_create(application=application, data=data, user=request.user)
    except InvalidInput as error:
        form.add_problems(error.problems)
        return _page(request, case, form=form, status=error.status)
    except Conflict as error:
        now = selectors.case_view(user=request.user, application_id=application.id)
        typed = DecisionForm.as_typed(now, request.POST)
        return _page(request, now, form=typed, refusal=str(error.message), status=error.status)
    if isinstance(record, Decision):
        messages.success(request, _("The decision is recorded. This page is its receipt."))
        return redirect("decisions:decision-detail", record.id)
    messages.success(
        request, _("Your proposal is recorded. A second person answers it; until then nothing is decided.")
    )
    return redirect("decisions:case-detail", application.id)


def _page(
    request: HttpRequest,
    case: CaseView,
    *,
    form: DecisionForm | None = None,
    refusal: str = "",
    status: int = 200,
    fragment: bool = False,
) -> HttpResponse:
    obstacle = wording.obstacle(case, request.user)
    context = {
        "case": case,
        "application": case.application,
        "obstacle": obstacle,
        "may_take": not wording.not_theirs(case, request.user),
        "form": form or DecisionForm.empty(case),
        "refusal": refusal,
        "typed": form if obstacle else None,
        "is_pending": _is_pending(case),
        "is_unasked": wording.is_unasked(case),
        "failure": wording.failure_text(case),
        "waiting": wording.pending_text(case),
        "product": file_wording.label_of(contract_of(case.application.product)),
        "history": _history(case),
        "timeline": wording.timeline(case.events),
        "note_form": NoteForm(),
        "is_written": False,
        **newest_notes(case.application),
        **_advice(case),
        **_reasons(case),
        **_file(case),
    }
    template = "decisions/_case_body.html" if fragment else "decisions/case_detail.html"
    return render(request, template, context, status=status)


def _advice(case: CaseView) -> dict[str, Any]:
    score = case.score
    if score is None:
        return {"score": None}
    contract = contract_of(case.application.product)
    return {
        "score": score,
        "gauge": charts.gauge(score.probability_of_default, score.cutoff),
        "meaning": wording.meaning_of(score.probability_of_default, contract.horizon_months),
        "advice": wording.advice_text(score),
        "distance": wording.distance_of(score),
        "findings": wording.findings_of(score),
        "doubts": wording.doubts_of(score),
    }


def _reasons(case: CaseView) -> dict[str, Any]:
    if case.explanation is None:
        return {"reasons": [], "minor_reasons": []}
    groups = reason_groups(case.explanation, case.application.product)
    usual = usual_weights(case.score) if case.score else {}
    lines = charts.reason_lines(groups, usual)
    return {
        "reasons": lines[: charts.SHOWN_GROUPS],
        "minor_reasons": lines[charts.SHOWN_GROUPS :],
        "figure": charts.reasons_figure(groups, usual),
        "finding": charts.reasons_summary(groups),
        "has_usual": bool(usual),
        "ways": ways_to_better_advice(case.explanation, case.application.product),
        "has_levers": bool(load_levers(case.application.product)),
    }


def _file(case: CaseView) -> dict[str, Any]:
    if case.application.applicant.is_erased:
        return {"chapters": [], "tables": [], "means": None}
    contract = contract_of(case.application.product)
    means = affordability_of(contract.product, case.file) if case.score else None
    return {
        "means": wording.means_of(case.score, means, contract.currency) if case.score and means else None,
        "chapters": file_wording.chapters(contract, case.asked),
        "tables": file_wording.child_tables(contract, case.file),
    }


def _history(case: CaseView) -> dict[str, Any]:
    """Notes are encrypted with the person's key; they are read here, for those who may see the case."""
    return {
        "overrides": [(row, note_of(row), *_answer(row)) for row in case.overrides],
        "referrals": [(row, note_of(row)) for row in case.referrals],
        "decisions": case.decisions,
    }


def _answer(override: Override) -> tuple[Review | None, str]:
    review = getattr(override, "review", None)
    return review, note_of(review) if review else ""


def _confirmation(case: CaseView, form: DecisionForm) -> dict[str, Any]:
    return {
        "case": case,
        "application": case.application,
        "form": form,
        "outcome": form.cleaned_data["outcome"],
        "direction": form.direction,
        "reasons": form.sent_texts(),
        "override_text": form.override_text() if form.direction else "",
        "note": form.cleaned_data["note"],
        "score": case.score,
        "offer": form.offered and offer_view(case.application, form.offered, case.asked),
    }


def _is_pending(case: CaseView) -> bool:
    under_way = case.explanation is None and case.decision is None and not wording.is_unasked(case)
    return under_way and not wording.failure_text(case)


def _changed_meanwhile(request: HttpRequest, case: CaseView) -> str:
    """A page that shows another score than the current one, or a case that can no longer be decided, is refused."""
    blocked = wording.obstacle(case, request.user)
    if blocked:
        return blocked
    if case.score is None or typed_score(request.POST) != case.score.id:
        return _("The file or the score changed since you opened this page. Look at the new advice before you decide.")
    return ""
