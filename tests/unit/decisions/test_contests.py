"""What a contest must carry, and what its letter says."""

from dataclasses import replace
from datetime import date

import pytest

from decisions.contests.letter import Answered, contest_letter
from decisions.contests.policy import LONGEST_ANSWER, answer_problems, contest_problems, due_on, is_out_of_time
from decisions.letters.typeset import pdf_of

DECIDED, TODAY = date(2026, 11, 2), date(2026, 11, 23)
ANSWERED = Answered(
    recipient="Zoé Lefèvre",
    reference="PR-4C7K2M",
    outcome="upheld",
    text="The new contract began in November.\n\nYou may apply again.",
    reasons=[{"reason_code": "income", "text": {"en": "Level of income", "fr": "Niveau des revenus"}}],
    decided_on=DECIDED,
    received_on=date(2026, 11, 9),
    answered_on=TODAY,
)


def words(answered: Answered, language: str) -> str:
    letter = contest_letter(answered, language)
    chapters = [text for chapter in letter.chapters for text in (chapter.heading, *chapter.paragraphs)]
    return "\n".join([letter.title, *letter.opening, *letter.reasons, *chapters])


def test_due_date_runs_from_the_day_it_was_received():
    assert due_on(date(2026, 1, 31), 30) == date(2026, 3, 2)


@pytest.mark.parametrize("received", [DECIDED, TODAY])
def test_whole_contest_has_no_problem(received: date):
    assert contest_problems(view="I do not agree.", received_on=received, decided_on=DECIDED, today=TODAY) == []


@pytest.mark.parametrize("received", [date(2026, 11, 1), date(2026, 11, 24), None])
def test_contest_is_not_received_before_the_decision_nor_tomorrow(received: date | None):
    problems = contest_problems(view="short", received_on=received, decided_on=DECIDED, today=TODAY)
    assert [problem.pointer for problem in problems] == ["/view", "/received_on"]


@pytest.mark.parametrize(("received", "late"), [(date(2026, 12, 2), False), (date(2026, 12, 3), True)])
def test_letter_gives_a_last_day(received: date, late: bool):
    assert is_out_of_time(received_on=received, decided_on=DECIDED, contest_days=30) is late


def test_answer_needs_an_outcome_and_words():
    assert [problem.pointer for problem in answer_problems(outcome="", text=" ")] == ["/outcome", "/text"]
    assert [p.pointer for p in answer_problems(outcome="upheld", text="x" * (LONGEST_ANSWER + 1))] == ["/text"]
    assert answer_problems(outcome="overturned", text="We were wrong.") == []


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        (
            "en",
            ["We keep our decision", "Nov. 2, 2026", "Nov. 9, 2026", "Another person", "Level of income", "mediation@"],
        ),
        ("fr", ["maintenons notre décision", "2 novembre 2026", "autre personne", "Niveau des revenus", "médiateur"]),
    ],
)
def test_kept_decision_names_its_reasons_and_the_mediator(language: str, parts: list[str]):
    text = words(ANSWERED, language)
    assert [part for part in (*parts, "You may apply again.") if part not in text] == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_decision_taken_back_repeats_no_reason_and_names_no_mediator(language: str):
    text = words(replace(ANSWERED, outcome="overturned"), language)
    assert "The new contract began in November." in text
    assert [part for part in ("Level of income", "Niveau des revenus", "mediation@") if part in text] == []


def test_text_of_the_reviewer_is_printed_and_never_obeyed():
    text = '#eval(read("/etc/passwd"))\n*bold* $x^2$ <b>'
    pdf = pdf_of(contest_letter(replace(ANSWERED, text=text), "fr"))
    assert pdf.startswith(b"%PDF")
    assert pdf != pdf_of(contest_letter(replace(ANSWERED, text=text), "fr", is_draft=True))
