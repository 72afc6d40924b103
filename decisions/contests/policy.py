"""What a contest and its answer must carry: pure functions, no database, no clock, no settings."""

from datetime import date, timedelta

from django.utils.translation import gettext as _

from decisions.enums import ContestOutcome
from ml.errors import Problem

SHORTEST_TEXT, LONGEST_VIEW, LONGEST_ANSWER = 10, 10_000, 4_000


def due_on(received_on: date, answer_days: int) -> date:
    return received_on + timedelta(days=answer_days)


def is_out_of_time(*, received_on: date, decided_on: date, contest_days: int) -> bool:
    """After the day that the letter gave; it is examined all the same, and whoever examines it should know."""
    return received_on > decided_on + timedelta(days=contest_days)


def contest_problems(*, view: str, received_on: date | None, decided_on: date, today: date) -> list[Problem]:
    problems = []
    if len(view.strip()) < SHORTEST_TEXT:
        problems.append(Problem("/view", "missing", _("Write down the applicant's own view, in at least ten letters.")))
    if len(view) > LONGEST_VIEW:
        problems.append(Problem("/view", "out_of_range", _("This text is too long.")))
    if received_on is None or not decided_on <= received_on <= today:
        message = _("The day it was received lies between the day of the decision and today.")
        problems.append(Problem("/received_on", "out_of_range", message))
    return problems


def answer_problems(*, outcome: str, text: str) -> list[Problem]:
    problems = []
    if outcome not in ContestOutcome.values:
        message = _("Say whether the decision stands.")
        problems.append(Problem("/outcome", "missing", message, ", ".join(ContestOutcome.values)))
    if len(text.strip()) < SHORTEST_TEXT:
        problems.append(
            Problem("/text", "missing", _("Write the answer that the applicant reads, in at least ten letters."))
        )
    if len(text) > LONGEST_ANSWER:
        problems.append(Problem("/text", "out_of_range", _("This text is too long.")))
    return problems
