"""Every API error is an RFC 9457 problem document with a stable code; input errors name each field by JSON pointer."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from common.errors import InvalidInput, PortalError, in_words
from ml.errors import Problem

CONTENT_TYPE = "application/problem+json"


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler; returns None for what is a fault of ours, so that it is logged and answered 500."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, PortalError):
        response = problem(error.status, error.code, str(error.message), _problems(error), error.details)
    elif isinstance(error, exceptions.APIException):
        response = _from_rest_framework(error)
    else:
        return None
    for name, value in getattr(error, "headers", {}).items():
        response[name] = value
    set_rollback()
    return response


def problem(
    status: int, code: str, detail: str, errors: list[dict[str, Any]] | None = None, extra: dict[str, Any] | None = None
) -> Response:
    body: dict[str, Any] = {"type": f"urn:problem:{code}", "title": detail, "status": status, "code": code}
    if errors:
        body["errors"] = errors
    if extra:
        body["details"] = extra
    return Response(body, status=status, content_type=CONTENT_TYPE)


def _problems(error: PortalError) -> list[dict[str, Any]]:
    return [_entry(problem) for problem in error.problems] if isinstance(error, InvalidInput) else []


def _entry(item: Problem) -> dict[str, Any]:
    entry = {"pointer": item.pointer, "code": item.code, "detail": in_words(item)}
    return entry | {"allowed": item.allowed} if item.allowed else entry


def _from_rest_framework(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.ValidationError):
        return problem(422, "invalid_input", _("Some fields cannot be accepted."), _flatten(error.detail, ""))
    code = error.get_codes()
    response = problem(error.status_code, code if isinstance(code, str) else "error", str(error.detail))
    if getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None):
        response["Retry-After"] = str(int(error.wait) + 1)
    return response


def _flatten(detail: Any, pointer: str) -> list[dict[str, Any]]:
    """DRF's nested error lists and dicts as one entry per field."""
    if isinstance(detail, dict):
        return [entry for key, value in detail.items() for entry in _flatten(value, _join(pointer, key))]
    if isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        return [entry for index, item in enumerate(detail) for entry in _flatten(item, _join(pointer, index))]
    messages = detail if isinstance(detail, list) else [detail]
    return [{"pointer": pointer, "code": getattr(m, "code", "invalid"), "detail": str(m)} for m in messages]


def _join(pointer: str, key: Any) -> str:
    if key == "non_field_errors":
        return pointer
    escaped = str(key).replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{escaped}"
