"""What every REST view shares. Who may call is set in the project's REST_FRAMEWORK defaults: a key with a scope."""

import json
import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http.request import UnreadablePostError
from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from common import formatting
from common.api_errors import problem
from common.canonical import sha256_of
from common.errors import InvalidInput, NotFound, PortalError, Unavailable

logger = logging.getLogger(__name__)

PAGE_SIZE = 25
LARGEST_PAGE = 100
CHUNK = 64 * 1024
MOST_DISCARDED = 64 * 1024 * 1024


class BodyTooLarge(PortalError):
    status = 413
    code = "body_too_large"


class BodyUnreadable(PortalError):
    status = 400
    code = "body_unreadable"


class LengthRequired(PortalError):
    status = 411
    code = "length_required"


class EncodingUnsupported(PortalError):
    status = 415
    code = "content_encoding_unsupported"


class PreconditionFailed(PortalError):
    status = 412
    code = "precondition_failed"


class InvalidQuery(PortalError):
    """A parameter of the address that is unknown or cannot be read; ``details`` names it."""

    code = "invalid_query"

    def __init__(self, parameter: str, message: str, allowed: Iterable[Any] = ()) -> None:
        super().__init__(message, details={"parameter": parameter, "allowed": ", ".join(map(str, allowed))})


class ApiView(APIView):
    """A view declares ``scopes``, a scope per method; whatever it raises becomes a problem document."""

    scopes: Mapping[str, str] = {}
    metadata_class = None

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        _refuse_unreadable(request)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"  # answers hold personal data
        return response

    def handle_exception(self, exc: Exception) -> Response:
        _read_to_the_end(self.request)
        try:
            return super().handle_exception(_as_portal_error(exc))
        except Exception as error:
            got_request_exception.send(sender=type(self), request=self.request)
            logger.exception("api_failed", extra={"view": type(self).__name__, "error": type(error).__name__})
            return problem(500, "internal_error", _("Something failed on our side. It was logged; nothing was kept."))


class UnknownAddress(ApiView):
    """Whatever else is asked for under the API's root."""

    permission_classes = ()
    schema = None

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound(_("There is nothing at this address."))


@dataclass(frozen=True)
class Window:
    """Which page of a list is asked for."""

    after: str | None
    size: int


def read(serializer: type[Serializer[Any]], request: Any) -> dict[str, Any]:
    """The body after its checks; every field that is wrong is named."""
    checked = serializer(data=request.data)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


def read_list(serializer: Any, request: Any) -> list[dict[str, Any]]:
    """A body that is a list; an entry that is wrong is named by its place."""
    checked = serializer(data=request.data)
    checked.is_valid(raise_exception=True)
    return [dict(row) for row in checked.validated_data]


def read_query(request: Any, allowed: Iterable[str] = ()) -> dict[str, str]:
    """The parameters of the address; one that the call does not know is refused, for it would silently do nothing."""
    known = sorted({*allowed, "language"})
    for name, values in request.query_params.lists():
        if name not in known:
            raise InvalidQuery(_shown(name), _("This parameter is not known."), known)
        if len(values) > 1 or "\x00" in values[0]:
            raise InvalidQuery(name, _("Give this parameter once, as plain text."))
    return dict(request.query_params.items())


def window(query: Mapping[str, str]) -> Window:
    after = query.get("cursor")
    if after is not None:
        query_uuid(query, "cursor")
    size = query.get("limit", str(PAGE_SIZE))
    if not (size.isascii() and size.isdigit() and len(size) <= 3 and 1 <= int(size) <= LARGEST_PAGE):
        raise InvalidQuery(
            "limit", _("A whole number from 1 to %(most)s is needed.") % {"most": LARGEST_PAGE}, [f"1-{LARGEST_PAGE}"]
        )
    return Window(after=after, size=int(size))


def query_uuid(query: Mapping[str, str], name: str) -> uuid.UUID | None:
    if name not in query:
        return None
    try:
        return uuid.UUID(query[name])
    except ValueError as error:
        raise InvalidQuery(name, _("An identifier is needed, as the API gave it.")) from error


def query_choice(query: Mapping[str, str], name: str, choices: Iterable[str]) -> str | None:
    value = query.get(name)
    if value is not None and value not in choices:
        raise InvalidQuery(name, _("This value is not known."), choices)
    return value


def query_fields(query: Mapping[str, str], serializer: type[Serializer[Any]]) -> dict[str, set[str] | None]:
    """The serializer's context for ``fields=a,b``; a name that the record does not have is refused."""
    if "fields" not in query:
        return {"fields": None}
    asked, known = set(query["fields"].split(",")), serializer().fields
    if not asked <= set(known):
        raise InvalidQuery("fields", _("This field is not known."), known)
    return {"fields": asked}


def tag_of(content: Any) -> str:
    """What changes when the record changes."""
    return sha256_of(json.loads(JSONRenderer().render(content)))[:32]


def require_match(request: Any, current: Callable[[], str]) -> None:
    """Refuse when the caller looked at an older state; ``current`` is asked for only when there is an If-Match."""
    asked = request.headers.get("If-Match", "*")
    if asked.strip() == "*":
        return
    seen = {tag.strip().strip('"').partition(".")[0] for tag in asked.split(",")}
    if current() not in seen:
        raise PreconditionFailed(_("The application changed since you read it. Read it again before you act."))


def page(request: Any, rows: list[dict[str, Any]], next_after: str | None) -> Response:
    """A page and the address of the next one, with the same filters."""
    following = None
    if next_after is not None:
        following = f"{request.path}?{urlencode({**request.query_params.dict(), 'cursor': next_after})}"
    return Response({"results": rows, "next": following})


@contextmanager
def pointers_under(prefix: str) -> Iterator[None]:
    """Services name a place inside the document they were given; the caller sent that document inside another."""
    try:
        yield
    except InvalidInput as error:
        error.problems = [replace(item, pointer=prefix + item.pointer) for item in error.problems]
        raise


@contextmanager
def answer_language(query: Mapping[str, str], languages: Iterable[str]) -> Iterator[str]:
    """The language asked for in the address, else the one of Accept-Language that Django chose."""
    chosen = query_choice(query, "language", languages) or formatting.language()
    with translation.override(chosen):
        yield chosen


def _refuse_unreadable(request: Any) -> None:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise EncodingUnsupported(_("Send the body as it is, without Content-Encoding."))
    if request.headers.get("Transfer-Encoding") and not request.headers.get("Content-Length"):
        raise LengthRequired(_("Send Content-Length; a body in chunks is not read."))


def _read_to_the_end(request: Any) -> None:
    """A caller that still sends would see a broken connection instead of the answer; strangers get no such patience."""
    if getattr(request, "_auth", None) is None or request._request._read_started:
        return
    with suppress(UnreadablePostError):
        for _chunk in range(MOST_DISCARDED // CHUNK):
            if not request._request.read(CHUNK):
                return


def _as_portal_error(error: Exception) -> Exception:
    if isinstance(error, RequestDataTooBig):
        return BodyTooLarge(_("The body is larger than 10 MB."))
    if isinstance(error, SuspiciousOperation | UnreadablePostError):
        return BodyUnreadable(_("The body could not be read."))
    if isinstance(error, OperationalError | InterfaceError):
        logger.warning("database_unavailable", extra={"error": type(error).__name__})
        return _DatabaseDown(_("The database does not answer. Send the same request again, with the same key."))
    return error


class _DatabaseDown(Unavailable):
    code = "database_unavailable"
    headers = {"Retry-After": "5"}


def _shown(name: str) -> str:
    return name[:100].replace("\x00", "\ufffd")
