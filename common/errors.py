"""Errors raised on purpose: one base, a stable code, a status and words for people.

The HTML edge and the API edge each translate them once; services never know HTTP beyond the status.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise

from common import formatting
from ml.errors import Problem

Text = str | Promise


class PortalError(Exception):
    status = 400
    code = "error"

    def __init__(self, message: Text, *, code: str | None = None, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.details = dict(details or {})


class InvalidInput(PortalError):
    """The input was understood and cannot be accepted; ``problems`` says where and why."""

    status = 422
    code = "invalid_input"

    def __init__(self, message: Text, problems: Sequence[Problem] = (), *, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.problems = list(problems)


class NotAllowed(PortalError):
    status = 403
    code = "not_allowed"


class NotFound(PortalError):
    status = 404
    code = "not_found"


class Conflict(PortalError):
    """Somebody or something else was there first; the message says who and when where that is known."""

    status = 409
    code = "conflict"


class Unavailable(PortalError):
    """A part the act needs is missing or down; nothing was written."""

    status = 503
    code = "unavailable"


def in_words(problem: Problem) -> str:
    """What is wrong, in the language of whoever reads it."""
    return problem.text(french=formatting.french())
