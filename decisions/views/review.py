"""The second person's desk: overrides that wait for an answer."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.enums import Act
from accounts.gates import open_to
from common.errors import Conflict, InvalidInput
from decisions import charts, selectors, wording
from decisions.forms import ReviewForm
from decisions.models import Decision, Override
from decisions.offers.selectors import offer_as_recorded
from decisions.services import note_of, review_create


@require_GET
@open_to(Act.REVIEW)
def review_list(request: HttpRequest) -> HttpResponse:
    page = selectors.review_page(user=request.user, after=request.GET.get("after"))
    return render(request, "decisions/review_list.html", {"page": page})


@require_http_methods(["GET", "POST"])
@open_to(Act.REVIEW)
def review_detail(request: HttpRequest, override_id: uuid.UUID) -> HttpResponse:
    override = selectors.override_get(user=request.user, override_id=override_id)
    if request.method == "GET" and hasattr(override, "review"):
        messages.info(request, _("This override is answered already."))
        return redirect("decisions:case-detail", override.application_id)
    form = ReviewForm(request.POST if request.method == "POST" else None)
    refusal, status = "", 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            answer = _answer(request, override, form)
        except Conflict as error:  # answered or withdrawn meanwhile: what was typed is kept
            refusal, status, answer = str(error.message), error.status, None
        if answer is not None:
            return answer
    context = _context(request, override, form) | {"refusal": refusal}
    return render(request, "decisions/review_detail.html", context, status=status)


def _answer(request: HttpRequest, override: Override, form: ReviewForm) -> HttpResponse | None:
    verdict, note = form.cleaned_data["verdict"], form.cleaned_data["note"]
    try:
        review_create(override_id=override.id, verdict=verdict, user=request.user, note=note)
    except InvalidInput as error:
        for problem in error.problems:
            name = problem.pointer.strip("/")
            form.add_error(name if name in form.fields else None, problem.message)
        return None
    decision = Decision.objects.filter(override=override).first()
    if decision is None:
        messages.success(request, _("The override is refused. The case is back to be decided."))
        return redirect("decisions:review-list")
    messages.success(request, _("The override is confirmed and the decision recorded."))
    return redirect("decisions:decision-detail", decision.id)


def _context(request: HttpRequest, override: Override, form: ReviewForm) -> dict[str, Any]:
    score = override.score
    return {
        "override": override,
        "application": override.application,
        "score": score,
        "gauge": charts.gauge(score.probability_of_default, score.cutoff),
        "advice": wording.advice_text(score),
        "note": note_of(override),
        "offer": override.offer and offer_as_recorded(override.offer, override.application),
        "is_own": override.proposed_by_id == request.user.pk,
        "form": form,
    }
