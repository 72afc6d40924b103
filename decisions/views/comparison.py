"""The applicant among others: any feature of the model, and any two."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.enums import Act
from accounts.gates import open_to
from applications.enums import Door
from applications.reads import read_record
from applications.wording import label_of
from common.errors import NotFound
from decisions.comparison.page import comparison, form_of
from decisions.comparison.pairs import scatter
from decisions.comparison.selectors import MOST_GRANTED, compared_case
from explanations.comparison import FEWEST_PEOPLE
from explanations.reference import main_features
from scoring import registry


@require_GET
@open_to(Act.READ_CASES)
def case_comparison(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """The address holds the names of features, never a value of anybody."""
    case = compared_case(user=request.user, application_id=application_id)
    application, score = case.application, case.score
    if score is None or application.applicant.is_erased:
        return redirect("decisions:case-detail", application_id)
    model = registry.load(score.model_version)
    form = form_of(request.GET, score, model)
    if not form.is_valid():
        raise NotFound(_("There is no such comparison."))
    read_record(applicant_id=application.applicant_id, door=Door.CASE, actor=request.user.actor)
    found = comparison(form, score, application, model)
    context = {
        "application": application,
        "form": form,
        "comparison": found,
        "scatter": scatter(found),
        "main_features": [label_of(feature) for feature in main_features(model)],
        "fewest": FEWEST_PEOPLE,
        "most_granted": MOST_GRANTED,
        "reference_people": len(model.reference_matrix),
        "similar_people": found.crowds["similar"].people if "similar" in found.crowds else None,
        "cutoff": score.cutoff,
    }
    template = "decisions/_comparison.html" if request.htmx else "decisions/case_comparison.html"
    return render(request, template, context)
