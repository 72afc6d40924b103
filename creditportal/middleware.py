import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from common.http import remember_language

Handler = Callable[[HttpRequest], HttpResponse]
logger = structlog.get_logger("creditportal.request")
QUIET = ("/health/", "/static/")


class RequestLogMiddleware:
    """Give each request an id and log one line for it: no query string, no person."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        if not request.path.startswith(QUIET):
            logger.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
            )
        return response


class UserLanguageMiddleware:
    """A signed-in person reads in the language of the account; a visitor's choice is in the cookie.

    The cookie follows the account: who signs in again after the session ended reads that page in the same language.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = _language_of_account(request)
        if language:
            translation.activate(language)
            request.LANGUAGE_CODE = language
        response = self.get_response(request)
        cookie = settings.LANGUAGE_COOKIE_NAME
        if language and cookie not in response.cookies and request.COOKIES.get(cookie) != language:
            remember_language(request, response, language)
        return response


def _language_of_account(request: HttpRequest) -> str:
    # a caller without a session has no account, and reading one would cost a query
    if request.session.session_key and request.user.is_authenticated:
        return str(getattr(request.user, "language", ""))
    return ""


class PrivatePagesMiddleware:
    """What a signed-in person reads stays in no cache: the next one at the same desk finds nothing."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.session.session_key and request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
