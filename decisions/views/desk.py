"""The first page of each role, and who works on a case."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.enums import Act, Role
from accounts.gates import open_to
from applications.selectors import application_get, applications_visible_to
from applications.services import application_hand_back
from common.errors import PortalError
from decisions import gate
from decisions.home import home_of
from decisions.home.desk import latest_decisions, next_cases


@require_GET
@login_required
def home_page(request: HttpRequest) -> HttpResponse:
    context = {
        "home": home_of(request.user),
        "role": Role(request.user.role),
        "next_cases": next_cases(request.user),
        "latest_decisions": latest_decisions(request.user),
    }
    return render(request, "decisions/home.html", context)


@require_POST
@open_to(Act.DECIDE)
def case_take(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    application = application_get(rows=applications_visible_to(request.user), application_id=application_id)
    try:
        gate.case_take(application=application, user=request.user)
        messages.success(request, _("You work on this case now."))
    except PortalError as error:
        messages.error(request, str(error.message))
    return redirect("decisions:case-detail", application.id)


@require_POST
@open_to(Act.DECIDE)
def case_hand_back(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    application = application_get(rows=applications_visible_to(request.user), application_id=application_id)
    try:
        application_hand_back(application=application, user=request.user)
        messages.success(request, _("The case %(case)s is back in the queue.") % {"case": application.reference})
    except PortalError as error:
        messages.error(request, str(error.message))
        return redirect("decisions:case-detail", application.id)
    return redirect("decisions:case-queue")
