"""What if: other values for the inputs that matter, answered by the model and policy of the score on the page."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.enums import Act
from accounts.gates import open_to
from applications.enums import Door
from applications.reads import read_record
from decisions import charts, selectors, wording
from decisions.selectors import CaseView
from decisions.what_if import WhatIfForm, answer, day_of, inputs_of, problems_of
from scoring import registry


@require_http_methods(["GET", "POST"])
@open_to(Act.READ_CASES)
def case_what_if(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Values come by POST only: an address with somebody's income in it would stay in histories and logs."""
    case = selectors.case_view(user=request.user, application_id=application_id)
    if case.score is None or case.explanation is None:
        return redirect("decisions:case-detail", application_id)
    model, file = registry.load(case.score.model_version), case.file
    row = file[model.contract.root_table]
    read_record(applicant_id=case.application.applicant_id, door=Door.WHAT_IF, actor=request.user.actor)
    names = inputs_of(case.explanation, model)
    form = WhatIfForm(model.contract, row, names, day_of(case.application), *_typed(request))
    context: dict[str, Any] = {"case": case, "application": case.application, "form": form, "score": case.score}
    if request.method == "POST" and form.is_valid():
        changed = form.changed_row()
        form.add_problems(problems_of(model.contract, file, changed))
        if form.is_valid():
            context |= _answered(case, answer(case.score, file, changed))
    status = 422 if form.errors else 200
    template = "decisions/_what_if_answer.html" if request.htmx else "decisions/case_what_if.html"
    return render(request, template, context, status=200 if request.htmx else status)


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
