"""The auditor's pages: how often the advice was not followed, and questions that are kept."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.enums import Act
from accounts.gates import open_to
from common.errors import Conflict
from decisions.audit import selectors, services
from decisions.audit.forms import PeriodForm, QuestionForm, SaveForm
from decisions.audit.panels import rate_panels, reason_rows, row_of
from decisions.audit.questions import decisions_asked
from decisions.audit.statistics import FEW, override_statistics, whole_finding
from decisions.audit.wording import said


@require_GET
@open_to(Act.AUDIT)
def override_list(request: HttpRequest) -> HttpResponse:
    """Without a period, the last twelve months; a filter that means nothing is said, and nothing is counted."""
    form = PeriodForm(request.GET, timezone.localdate())
    context: dict[str, Any] = {"form": form, "few": FEW, "panels": [], "whole": None}
    if form.is_valid():
        found = override_statistics(decisions_asked(user=request.user, asked=form.cleaned_data))
        finding, reasons = reason_rows(found, form.filters)
        context |= {
            "whole": row_of(found.whole, form.filters),
            "finding": whole_finding(found.whole),
            "panels": rate_panels(found, form.filters) if found.whole.decided else [],
            "reason_finding": finding,
            "reasons": reasons,
        }
    return render(request, "decisions/audit_overrides.html", context, status=422 if form.errors else 200)


@require_GET
@open_to(Act.AUDIT)
def question_list(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    questions = selectors.questions_of(user)
    words = said(user, [question.filters for question in questions])
    rows = [
        {
            "question": question,
            "parts": parts,
            "url": f"{reverse('decisions:decision-list')}?{urlencode(question.filters)}",
            "is_own": question.owner_id == user.id,
        }
        for question, parts in zip(questions, words, strict=True)
    ]
    return render(request, "decisions/audit_questions.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@open_to(Act.AUDIT)
def question_new(request: HttpRequest) -> HttpResponse:
    """The question stands in the address, its name is typed here."""
    user: Any = request.user
    asked = QuestionForm(user, request.GET)
    if not asked.is_valid() or asked.filters.get("q"):
        return redirect(f"{reverse('decisions:decision-list')}?{request.GET.urlencode()}")
    form = SaveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.question_save(user=user, filters=asked.filters, **form.cleaned_data)
        except Conflict as error:
            form.add_error("name", str(error.message))
        else:
            messages.success(request, _("The question is kept."))
            return redirect("decisions:question-list")
    context = {"form": form, "parts": asked.parts, "back": _search(asked)}
    return render(request, "decisions/audit_question_new.html", context, status=422 if form.errors else 200)


@require_POST
@open_to(Act.AUDIT)
def question_offer(request: HttpRequest, question_id: uuid.UUID) -> HttpResponse:
    user: Any = request.user
    question = selectors.question_get(user=user, question_id=question_id)
    services.question_share(question=question, user=user, is_shared=request.POST.get("shared") == "yes")
    return redirect("decisions:question-list")


@require_POST
@open_to(Act.AUDIT)
def question_drop(request: HttpRequest, question_id: uuid.UUID) -> HttpResponse:
    user: Any = request.user
    question = selectors.question_get(user=user, question_id=question_id)
    services.question_delete(question=question, user=user)
    messages.success(request, _("The question is deleted."))
    return redirect("decisions:question-list")


def _search(asked: QuestionForm) -> str:
    return f"{reverse('decisions:decision-list')}?{urlencode(asked.filters)}"
