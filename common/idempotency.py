"""A POST sent twice acts once: the first answer is stored with its effects and given again byte for byte.

The key's row is committed first, then locked for the length of the act. A second sender that meets the lock is told
"in flight"; a process that dies releases its lock with its connection, so nothing needs to expire.
What a view names in ``shown_once`` is in the first answer alone.
"""

import functools
import hashlib
import json
import uuid
from collections.abc import Callable, Collection
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _

from common.errors import Conflict, InvalidInput, PortalError
from common.models import IdempotentRequest

HEADER = "Idempotency-Key"
LONGEST_KEY = 255


class KeyMissing(PortalError):
    status = 400
    code = "idempotency_key_missing"


class InFlight(Conflict):
    code = "request_in_flight"
    headers = {"Retry-After": "1"}


def idempotent(method: Callable[..., Any]) -> Callable[..., HttpResponse]:
    """Wrap a DRF handler method; it runs in one transaction with the storing of its answer."""

    @functools.wraps(method)
    def wrapper(view: Any, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        row = _row(request.auth.id, _key(request), _fingerprint(view, request))
        with transaction.atomic():
            locked = IdempotentRequest.objects.select_for_update(skip_locked=True).filter(id=row.id).first()
            if locked is None:
                raise InFlight(_("The first request with this key is still being answered."))
            if locked.status is not None:
                return HttpResponse(bytes(locked.body or b""), locked.content_type, status=locked.status)
            response = _answer(method, view, request, *args, **kwargs)
            if response.status_code < 500:
                _store(locked, response, getattr(view, "shown_once", ()))
            return response

    return wrapper


def _key(request: Any) -> str:
    key = str(request.headers.get(HEADER, ""))
    if not 1 <= len(key) <= LONGEST_KEY or "\x00" in key:
        raise KeyMissing(_("Send an Idempotency-Key header of 1 to 255 characters with every POST."))
    return key


def _fingerprint(view: Any, request: Any) -> str:
    """Of the whole body; a view that takes files too large for memory says by itself what it was sent."""
    if hasattr(view, "fingerprint_of"):
        return str(view.fingerprint_of(request))
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    digest.update(request._request.body)
    return digest.hexdigest()


def _without(names: Collection[str], content: bytes) -> bytes:
    """A secret is never stored: the answer that is given again has null in its place."""
    answer = json.loads(content)
    return json.dumps(answer | {name: None for name in names if name in answer}, ensure_ascii=False).encode()


def _row(owner_id: uuid.UUID, key: str, fingerprint: str) -> IdempotentRequest:
    """Committed on its own, so that every other sender of the key sees it."""
    row, _created = IdempotentRequest.objects.get_or_create(
        owner_id=owner_id, key=key, defaults={"fingerprint": fingerprint}
    )
    if row.fingerprint != fingerprint:
        raise InvalidInput(_("This Idempotency-Key was used with another request."), code="idempotency_key_reused")
    return row


def _answer(method: Callable[..., Any], view: Any, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    """Refusals are answers too: they are stored, while whatever the act had written is rolled back."""
    try:
        with transaction.atomic():
            response = method(view, request, *args, **kwargs)
    except Exception as error:
        response = view.handle_exception(error)
    rendered = view.finalize_response(request, response, *args, **kwargs).render()
    return HttpResponse(rendered.content, rendered["Content-Type"], status=rendered.status_code)


def _store(row: IdempotentRequest, response: HttpResponse, shown_once: Collection[str]) -> None:
    row.status = response.status_code
    row.content_type = response["Content-Type"]
    row.body = _without(shown_once, response.content) if shown_once else response.content
    row.save(update_fields=["status", "content_type", "body"])
