"""What if: other values for the inputs that matter, answered by the model and policy of the score on the page."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from accounts.enums import Act
from accounts.gates import open_to
from applications.enums import Door
from applications.reads import read_record
from common.canonical import sha256_of
from common.errors import Conflict, InvalidInput, NotAllowed
from decisions import charts, selectors, wording
from decisions.amendments.services import amendment_create
from decisions.forms import typed_score
from decisions.policy import SHORTEST_NOTE
from decisions.selectors import CaseView
from decisions.what_if import WhatIfForm, answer, day_of, inputs_of, problems_of
from scoring import registry

KEEP = "keep"


@require_http_methods(["GET", "POST"])
@open_to(Act.READ_CASES)
def case_what_if(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Values come by POST only: an address with somebody's income in it would stay in histories and logs."""
    case = selectors.case_view(user=request.user, application_id=application_id)
    if case.score is None or case.explanation is None or case.application.applicant.is_erased:
        return redirect("decisions:case-detail", application_id)
    model, file = registry.load(case.score.model_version), case.file
    row = file[model.contract.root_table]
    read_record(applicant_id=case.application.applicant_id, door=Door.WHAT_IF, actor=request.user.actor)
    names = inputs_of(case.explanation, model)
    form = WhatIfForm(model.contract, row, names, day_of(case.application), *_typed(request))
    context: dict[str, Any] = {"case": case, "application": case.application, "form": form, "score": case.score}
    refusal = ""
    if request.method == "POST" and form.is_valid():
        changed = form.changed_row()
        form.add_problems(problems_of(model.contract, file, changed))
        if form.is_valid():
            if request.POST.get("step") == KEEP:
                refusal = _kept(request, case, changed)
                if not refusal:
                    return _to_the_case(request, case)
            context |= _answered(case, answer(case.score, file, changed))
    context |= _keeping(request, case, form, refusal)
    status = 422 if form.errors or refusal else 200
    template = "decisions/_what_if_answer.html" if request.htmx else "decisions/case_what_if.html"
    return render(request, template, context, status=200 if request.htmx else status)


def _kept(request: HttpRequest, case: CaseView, row: dict[str, Any]) -> str:
    """Why it could not be kept, in words; empty when it was."""
    if request.POST.get("asked") != sha256_of(row):
        return _("You changed values after the answer. This is the answer to them now: look at it, then keep it.")
    try:
        amendment_create(
            application=case.application,
            score_id=typed_score(request.POST) or uuid.UUID(int=0),
            row=row,
            note=request.POST.get("note", ""),
            user=request.user,
        )
    except (InvalidInput, Conflict, NotAllowed) as error:
        return str(error.message)
    return ""


def _to_the_case(request: HttpRequest, case: CaseView) -> HttpResponse:
    messages.success(request, _("The new version of the file is kept. It is scored and explained anew."))
    if request.htmx:
        return HttpResponseClientRedirect(reverse("decisions:case-detail", args=[case.application.id]))
    return redirect("decisions:case-detail", case.application.id)


def _keeping(request: HttpRequest, case: CaseView, form: WhatIfForm, refusal: str) -> dict[str, Any]:
    """What the part that keeps shows; ``obstacle`` says why this person cannot keep anything now."""
    asked = request.method == "POST" and not form.errors
    return {
        "changes": form.changed if asked else [],
        "asked": sha256_of(form.changed_row()) if asked else "",
        "obstacle": wording.obstacle(case, request.user),
        "refusal": refusal,
        "note": request.POST.get("note", ""),
        "shortest": SHORTEST_NOTE,
    }


def _typed(request: HttpRequest) -> list[Any]:
    return [request.POST] if request.method == "POST" and "back" not in request.POST else []


def _answered(case: CaseView, found: Any) -> dict[str, Any]:
    then = found.assessment
    return {
        "then": then,
        "then_reasons": found.reasons,
        "then_gauge": charts.gauge(then.probability_of_default, then.cutoff),
        "then_advice": str(wording.ADVICE[then.advice.recommendation]),
        "then_findings": [str(finding.label) for finding in then.advice.findings],
        "change": abs(found.change) * 100,
        "is_higher": found.change > 0,
        "is_same": abs(found.change) < 0.0005,
    }
