"""The queue, and the views of it that a person keeps."""

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.enums import Act
from accounts.gates import open_to
from applications.selectors import applications_visible_to
from applications.wording import product_choices
from common.errors import Conflict
from decisions import selectors
from decisions.queue import services
from decisions.queue.filters import DUES, QUEUES, STATUSES, QueueFilters
from decisions.queue.forms import QueueViewForm
from decisions.queue.selectors import queue_view_get, queue_views


@require_GET
@open_to(Act.DECIDE)
def case_queue(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    views = list(queue_views(user))
    first = next((view for view in views if view.is_first), None)
    if first and not request.GET:
        return redirect(_address(first.filters))
    filters, text = QueueFilters.of(request.GET), request.GET.get("q", "")[:100]
    rows = filters.narrow(applications_visible_to(user))
    page = selectors.queue(user=user, which=filters.which, after=request.GET.get("after"), rows=rows, text=text)
    context = {
        "page": page,
        "text": text,
        "filters": filters,
        "queues": QUEUES.items(),
        "dues": DUES.items(),
        "statuses": STATUSES,
        "product": filters.product,
        "products": product_choices(),
        "colleagues": selectors.colleagues(user),
        "views": [(view, _address(view.filters), view.filters == filters.asked) for view in views],
        "keep": f"{reverse('decisions:queue-view-new')}?{urlencode(filters.codes)}",
    }
    return render(request, "decisions/case_queue.html", context)


@require_http_methods(["GET", "POST"])
@open_to(Act.DECIDE)
def queue_view_new(request: HttpRequest) -> HttpResponse:
    """The filters stand in the address, their name is typed here."""
    filters = QueueFilters.of(request.GET)
    form = QueueViewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.queue_view_save(user=request.user, filters=filters, **form.cleaned_data)
        except Conflict as error:
            form.add_error("name", str(error.message))
        else:
            messages.success(request, _("The view is kept."))
            return redirect(_address(filters.codes))
    return _form_page(request, form, filters)


@require_http_methods(["GET", "POST"])
@open_to(Act.DECIDE)
def queue_view_edit(request: HttpRequest, view_id: uuid.UUID) -> HttpResponse:
    view = queue_view_get(user=request.user, view_id=view_id)
    form = QueueViewForm(request.POST or None, initial={"name": view.name, "is_first": view.is_first})
    filters = QueueFilters.of(view.filters)
    if request.method == "POST" and form.is_valid():
        try:
            services.queue_view_change(view=view, **form.cleaned_data)
        except Conflict as error:
            form.add_error("name", str(error.message))
        else:
            messages.success(request, _("The view is kept."))
            return redirect(_address(view.filters))
    return _form_page(request, form, filters, view_id=view_id)


@require_POST
@open_to(Act.DECIDE)
def queue_view_drop(request: HttpRequest, view_id: uuid.UUID) -> HttpResponse:
    services.queue_view_delete(view=queue_view_get(user=request.user, view_id=view_id))
    messages.success(request, _("The view is deleted."))
    return redirect("decisions:case-queue")


def _form_page(
    request: HttpRequest, form: QueueViewForm, filters: QueueFilters, view_id: uuid.UUID | None = None
) -> HttpResponse:
    context = {"form": form, "filters": filters, "back": _address(filters.asked), "view_id": view_id}
    return render(request, "decisions/queue_view.html", context, status=422 if form.errors else 200)


def _address(codes: Mapping[str, str]) -> str:
    return f"{reverse('decisions:case-queue')}?{urlencode(sorted(codes.items(), reverse=True))}"
