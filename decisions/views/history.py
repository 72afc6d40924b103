"""The history of a case on one page: every act, and the other applications of the same person."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.enums import Act
from accounts.gates import open_to
from applications.enums import Door
from applications.reads import read_record
from applications.selectors import application_get, applications_visible_to
from decisions.enums import Outcome
from decisions.history.selectors import MOST_ACTS, MOST_OTHERS, acts_of, other_applications


@require_GET
@open_to(Act.READ_CASES)
def case_history(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    rows = applications_visible_to(request.user).select_related("applicant__subject_key")
    application = application_get(rows=rows, application_id=application_id)
    read_record(applicant_id=application.applicant_id, door=Door.CASE, actor=request.user.actor)
    others = list(other_applications(application, request.user))
    acts = acts_of(application)
    context = {
        "application": application,
        "acts": acts,
        "is_cut": len(acts) == MOST_ACTS,
        "most_acts": MOST_ACTS,
        "others": [(row, Outcome(row.outcome).label if row.outcome else "") for row in others[:MOST_OTHERS]],
        "has_more": len(others) > MOST_OTHERS,
    }
    return render(request, "decisions/case_history.html", context)
