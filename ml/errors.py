"""The errors that leave ``ml``: each has a stable code and a message for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class Words(NamedTuple):
    """One text in both languages of the portal."""

    en: str
    fr: str


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input, where it is and what was allowed.

    ``pointer`` is a JSON pointer into a credit file (``/bureau/3/DAYS_CREDIT``) or
    names a column of a table (``/application/AMT_CREDIT``). ``message_fr`` is empty where the
    message is written for whoever trains a model, or was translated before it came here.
    """

    pointer: str
    code: str
    message: str
    allowed: str | None = None
    message_fr: str = ""

    def text(self, *, french: bool) -> str:
        """Return the message in French where there is one and it is asked for, else as it is."""
        return (self.message_fr if french else "") or self.message


class MlError(Exception):
    """Base of every error raised on purpose by ``ml``."""

    def __init__(self, code: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = dict(details or {})


class ContractError(MlError):
    """The input does not keep the product's data contract."""

    def __init__(self, message: str, problems: Sequence[Problem] = (), code: str = "contract_broken") -> None:
        super().__init__(code, message)
        self.problems = list(problems)


class TrainingError(MlError):
    """No model can be trained on what was given."""


class BundleError(MlError):
    """A model bundle is missing, incomplete, unsigned or altered."""
