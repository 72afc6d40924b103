"""The models the portal knows: each with its figures and its card from the verified bundle."""

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from accounts.enums import Act
from accounts.gates import open_to
from common import formatting
from common.errors import NotFound, PortalError
from monitoring import pages, selectors
from scoring import registry

# A card needs its own styles and drawn dots, and nothing else: no script, no request, no origin.
CARD_POLICY = {
    "sandbox": [""],
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "img-src": ["data:"],
}


@require_GET
@open_to(Act.READ_MONITORING)
def model_list(request: HttpRequest) -> HttpResponse:
    context = {"page": selectors.model_page(after=request.GET.get("after"))}
    return render(request, "monitoring/model_list.html", context)


@require_GET
@open_to(Act.READ_MONITORING)
def model_detail(request: HttpRequest, version: str) -> HttpResponse:
    """The page stands even when the bundle cannot be read: that is said in place of the card."""
    row = selectors.model_get(version)
    context = {"version": row, "figures": pages.model_figures(row), "problem": "", "has_card": False}
    try:
        context["has_card"] = bool(registry.load(row).card_pages)
    except PortalError as error:
        context["problem"] = error.message
    return render(request, "monitoring/model_detail.html", context)


@require_GET
@open_to(Act.READ_MONITORING)
@xframe_options_sameorigin
@csp(CARD_POLICY)
def model_card(request: HttpRequest, version: str) -> HttpResponse:
    response = HttpResponse(_card_page(version), content_type="text/html; charset=utf-8")
    response["Cache-Control"] = "private, max-age=3600"
    response["Vary"] = "Accept-Language, Cookie"
    if "download" in request.GET:
        response["Content-Disposition"] = f'attachment; filename="{version}.html"'
    return response


@require_GET
@open_to(Act.READ_MONITORING)
def model_card_markdown(request: HttpRequest, version: str) -> HttpResponse:
    card = registry.load(selectors.model_get(version)).card
    response = HttpResponse(card, content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{version}.md"'
    return response


def _card_page(version: str) -> str:
    found = registry.load(selectors.model_get(version)).card_pages
    if not found:
        raise NotFound(_("This model was made before cards were drawn; its card is there as text."))
    return found.get(formatting.language(), found["en"])
