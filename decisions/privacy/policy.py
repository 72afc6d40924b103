"""When a person's data may be erased: pure rules on plain values."""

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from applications.enums import ErasureGround
from decisions.enums import Outcome

PASSES_OVER_THE_PERIOD = frozenset({ErasureGround.UNLAWFUL, ErasureGround.ORDERED})


@dataclass(frozen=True)
class Kept:
    """One application: undecided as long as ``outcome`` is empty."""

    reference: str
    outcome: str
    decided_on: date | None
    is_open: bool


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last day.

    >>> months_after(date(2024, 1, 31), 1)
    datetime.date(2024, 2, 29)
    """
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def period_of(outcome: str) -> str:
    """A refusal is short; whatever else was decided may have become a credit."""
    return "declined_months" if outcome == Outcome.DECLINE else "approved_months"


def kept_until(cases: Iterable[Kept], periods: Mapping[str, int]) -> date | None:
    """The last day of the longest period; None when nothing was decided."""
    ends = [
        months_after(case.decided_on, periods[period_of(case.outcome)]) for case in cases if case.decided_on is not None
    ]
    return max(ends, default=None)


def open_cases(cases: Iterable[Kept]) -> list[str]:
    return [case.reference for case in cases if case.is_open]


def period_stands(cases: Iterable[Kept], periods: Mapping[str, int], ground: str, today: date) -> date | None:
    """The day until which the data is kept against this ground; None when the period is no obstacle."""
    until = kept_until(cases, periods)
    if until is None or until < today or ground in PASSES_OVER_THE_PERIOD:
        return None
    return until
