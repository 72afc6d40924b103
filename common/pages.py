"""The HTML edge: errors raised on purpose become a page that says what happened and what to do."""

import sys
from collections.abc import Callable
from http import HTTPStatus

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.urls import reverse

from common.errors import PortalError

TEMPLATES = {403: "403.html", 404: "404.html", 409: "409.html", 413: "413.html", 503: "503.html"}


class ErrorPages:
    """Middleware. The API translates its own errors before they come here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, PortalError) and exception.status != HTTPStatus.INTERNAL_SERVER_ERROR:
            return error_page(request, exception)
        return None


class AdminPolicy:
    """Middleware. The admin's own scripts evaluate expressions and set styles; no page of the portal may."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.prefix = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(self.prefix):
            policy = {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]}
            vars(response)["_csp_update"] = policy  # what django-csp's own decorator sets
        return response


def error_page(request: HttpRequest, error: PortalError) -> HttpResponse:
    template = TEMPLATES.get(error.status, "400.html")
    return render(request, template, {"message": error.message, "code": error.code}, status=error.status)


def server_error(request: HttpRequest) -> HttpResponse:
    """No context processors and no session: this page must work when the database does not."""
    down = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    name, status = ("503.html", 503) if down else ("500.html", 500)
    response = HttpResponse(loader.get_template(name).render(), status=status)
    if down:
        response["Retry-After"] = "10"
    return response
