import gzip
import hashlib
import uuid
from typing import Any

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from accounts.enums import Act
from accounts.gates import open_to
from accounts.permissions import may
from common.errors import NotFound, PortalError
from monitoring import pages, selectors
from monitoring.forms import RunForm
from monitoring.services import monitoring_run_create, monitoring_run_retry
from scoring.models import ModelVersion

# The report brings its own script and must not reach anything of the portal: an origin of its own, no network.
REPORT_POLICY = {
    "sandbox": ["allow-scripts"],
    "default-src": [NONE],
    "script-src": [UNSAFE_INLINE],
    "style-src": [UNSAFE_INLINE],
    "img-src": ["data:", "blob:"],
    "font-src": ["data:"],
}


@require_GET
@open_to(Act.READ_MONITORING)
def monitoring_overview(request: HttpRequest) -> HttpResponse:
    champions = selectors.champions()
    version = _asked(request, champions)
    latest = selectors.latest_measured(version) if version else None
    context = {
        "questions": pages.questions(version, latest),
        "has_model": version is not None,
        "latest": latest,
        "page": selectors.run_page(product=version.product if version else "", after=request.GET.get("after")),
        "form": RunForm(),
        "product": version.product if version else "",
        "products": [row.product for row in champions],
        "may_run": may(request.user, Act.RUN_MONITORING),
    }
    return render(request, "monitoring/overview.html", context)


@require_POST
@open_to(Act.RUN_MONITORING)
def run_create(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = RunForm(request.POST)
    version = _asked(request, selectors.champions())
    address = reverse("monitoring:monitoring-overview") + (f"?product={version.product}" if version else "")
    if not form.is_valid():
        messages.error(request, _("Choose one of the windows offered."))
        return redirect(address)
    try:
        product = version.product if version else ""
        run = monitoring_run_create(product=product, days=form.cleaned_data["days"], actor=user.actor)
    except PortalError as error:
        messages.error(request, str(error.message))
        return redirect(address)
    return redirect("monitoring:run-detail", run.id)


@require_POST
@open_to(Act.RUN_MONITORING)
def run_retry(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    user: Any = request.user
    monitoring_run_retry(run=selectors.run_get(run_id), actor=user.actor)
    return redirect("monitoring:run-detail", run_id)


@require_GET
@open_to(Act.READ_MONITORING)
def run_detail(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """The page, or one of its two parts that wait; 204 while the part is as the reader saw it."""
    sort = request.GET.get("sort", "")
    part = request.GET.get("part", "")
    page = pages.run_page(selectors.run_view(run_id), sort if sort in selectors.SORTS else selectors.SORTS[0])
    context = {"page": page, "view": page.view, "may_run": may(request.user, Act.RUN_MONITORING)}
    if part not in pages.PARTS:
        return render(request, "monitoring/run_detail.html", context)
    if request.GET.get("seen") == page.state_of(part):
        return HttpResponse(status=204)
    return render(request, f"monitoring/_{part}.html", context)


@require_GET
@open_to(Act.READ_MONITORING)
def feature_detail(request: HttpRequest, run_id: uuid.UUID, feature: str) -> HttpResponse:
    run = selectors.run_get(run_id)
    context = {"run": run, "line": pages.feature_page(run, selectors.feature_value(run, feature))}
    return render(request, "monitoring/feature_detail.html", context)


@require_GET
@open_to(Act.READ_MONITORING)
def report_detail(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    run = selectors.run_get(run_id)
    context = {"run": run, "window": pages.window(run), "report": selectors.report_of(run)}
    return render(request, "monitoring/report_detail.html", context)


@require_GET
@open_to(Act.READ_MONITORING)
@xframe_options_sameorigin
@csp(REPORT_POLICY)
def report_raw(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """The report's bytes, proved equal to their hash; sent compressed as they are stored where the browser can."""
    report = selectors.report_of(selectors.run_get(run_id))
    stored = bytes(report.html_gzip)
    html = gzip.decompress(stored)
    if hashlib.sha256(html).hexdigest() != report.sha256:
        raise selectors.ReportAltered(_("The stored report does not match its hash."))
    takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(stored if takes_gzip else html, content_type="text/html; charset=utf-8")
    if takes_gzip:
        response["Content-Encoding"] = "gzip"
    response["Vary"] = "Accept-Encoding, Cookie"
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _asked(request: HttpRequest, champions: list[ModelVersion]) -> ModelVersion | None:
    """The champion of the product in the address, else of the product served longest; None while there is none."""
    asked = request.GET.get("product") or request.POST.get("product")
    if not asked:
        return champions[0] if champions else None
    found = next((version for version in champions if version.product == asked), None)
    if found is None and champions:
        raise NotFound(_("No model of this product is in service."))
    return found
