"""The first page of each role and the queue."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.enums import Act, Role
from accounts.gates import open_to
from applications import lifecycle
from applications.enums import Status
from applications.selectors import application_get, applications_visible_to
from applications.services import application_hand_back, application_take
from applications.wording import product_choices
from common.errors import PortalError
from decisions import selectors
from decisions.home import home_of
from decisions.home.desk import latest_decisions, next_cases
from ml.contract import available_products

QUEUES = {
    "branch": gettext_lazy("My branch"),
    "mine": gettext_lazy("My cases"),
    "unassigned": gettext_lazy("Nobody's yet"),
    "referred": gettext_lazy("Referred"),
}


DUES = {"late": gettext_lazy("Over the promised time"), "soon": gettext_lazy("Within a day of it")}


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


@require_GET
@open_to(Act.DECIDE)
def case_queue(request: HttpRequest) -> HttpResponse:
    which = request.GET.get("which", "branch")
    which = which if which in QUEUES else "branch"
    text, status = request.GET.get("q", "")[:100], request.GET.get("status", "")
    product = request.GET.get("product", "")
    rows = applications_visible_to(request.user)
    if status in Status.values:
        rows = rows.filter(status=status)
    if product in available_products():
        rows = rows.filter(product=product)
    due = request.GET.get("due", "")
    rows = selectors.promised(rows, due)
    page = selectors.queue(user=request.user, which=which, after=request.GET.get("after"), rows=rows, text=text)
    context = {
        "page": page,
        "which": which,
        "queues": QUEUES.items(),
        "text": text,
        "status": status,
        "product": product,
        "due": due,
        "dues": DUES.items(),
        "colleagues": selectors.colleagues(request.user),
        "products": product_choices(),
        "statuses": [(state.value, state.label) for state in Status if state in lifecycle.OPEN],
    }
    return render(request, "decisions/case_queue.html", context)


@require_POST
@open_to(Act.DECIDE)
def case_take(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    application = application_get(rows=applications_visible_to(request.user), application_id=application_id)
    try:
        application_take(application=application, user=request.user)
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
