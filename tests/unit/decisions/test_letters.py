"""What a letter says, and that it becomes the same PDF/A every time."""

import io
import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal

import matplotlib.image
import pytest
import typst

from decisions.letters.content import Decided, letter_of
from decisions.letters.typeset import LetterUnprintable, _fonts, _template, pdf_of

REFUSED = Decided(
    recipient="Zoé Lefèvre",
    reference="PR-4C7K2M",
    product="home_credit",
    amount=Decimal("450000.00"),
    currency="CZK",
    submitted_at=datetime(2026, 11, 2, 9, tzinfo=UTC),
    outcome="decline",
    reasons=[
        {"reason_code": "external_score", "text": {"en": "Score from outside", "fr": "Score externe"}},
        {"reason_code": "income", "text": {"en": "Level of income", "fr": "Niveau des revenus"}},
    ],
    decided_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
    by_model=True,
)


def words(decided: Decided, language: str) -> str:
    letter = letter_of(decided, language)
    chapters = [text for chapter in letter.chapters for text in (chapter.heading, *chapter.paragraphs)]
    return "\n".join([letter.title, *letter.opening, *letter.reasons, *chapters])


def test_refusal_gives_the_reasons_of_the_record_in_their_order():
    assert letter_of(REFUSED, "en").reasons == ["Score from outside", "Level of income"]
    assert letter_of(REFUSED, "fr").reasons == ["Score externe", "Niveau des revenus"]


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", ["automated processing", "Until Dec. 23, 2026", "another person", "contestation@", "debt advice"]),
        (
            "fr",
            ["traitement automatisé", "23 décembre 2026", "une autre personne", "contestation@", "Banque de France"],
        ),
    ],
)
def test_refusal_says_what_the_law_wants(language: str, parts: list[str]):
    text = words(REFUSED, language)
    assert [part for part in parts if part not in text] == []


@pytest.mark.parametrize(
    ("language", "contest", "mediator"),
    [("en", "examined again by another person", "mediator"), ("fr", "autre personne que celle", "médiateur")],
)
def test_refusal_after_a_contest_names_the_mediator_and_no_second_contest(language: str, contest: str, mediator: str):
    first, final = words(REFUSED, language), words(replace(REFUSED, is_final=True), language)
    assert (contest in first, mediator in first) == (True, False)
    assert (contest in final, mediator in final) == (False, True)


@pytest.mark.parametrize(("language", "days"), [("en", "within 30 days"), ("fr", "sous 30 jours")])
def test_refusal_says_when_a_contest_is_answered(language: str, days: str):
    assert days in words(REFUSED, language)


def test_refusal_names_who_gave_the_data_behind_a_reason():
    assert "credit reference" in words(REFUSED, "en")
    own = replace(REFUSED, reasons=REFUSED.reasons[1:])
    assert "Where the data came from" not in words(own, "en")


def test_officers_own_reason_is_said_to_be_one():
    assert "own assessment" in words(replace(REFUSED, by_model=False), "en")
    assert "own assessment" not in words(REFUSED, "en")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_approval_gives_no_reasons_and_no_probability(language: str):
    letter = letter_of(replace(REFUSED, outcome="approve", reasons=[]), language)
    assert letter.reasons == []
    assert "%" not in words(replace(REFUSED, outcome="approve", reasons=[]), language)
    assert "450" in " ".join(letter.opening)


def test_missing_amount_and_day_leave_a_whole_sentence():
    text = words(replace(REFUSED, amount=None, submitted_at=None), "en")
    assert "You applied for credit of the amount you asked for. After" in text
    assert "None" not in text


def test_same_letter_gives_the_same_pdf_a():
    letter = letter_of(REFUSED, "fr")
    content = pdf_of(letter)
    assert content.startswith(b"%PDF-1.7")
    assert b"<pdfaid:part>2</pdfaid:part>" in content
    assert pdf_of(letter) == content
    assert pdf_of(letter_of(REFUSED, "fr", is_draft=True)) != content


@pytest.mark.parametrize(
    "name", ['#eval(read("/etc/passwd"))', "*_$x^2$_ <b>", "محمد علي", "שרה", "Łukasz Ćwiek", "A" * 200]
)
def test_name_is_printed_and_never_obeyed(name: str):
    assert pdf_of(letter_of(replace(REFUSED, recipient=name), "fr")).startswith(b"%PDF")


@pytest.mark.parametrize("name", ["Zoé " + "Wolfeschlegelstein" * 5, "A" * 100, "محمد" * 25])
def test_long_name_stays_on_the_paper(name: str):
    letter = {"letter": json.dumps(asdict(letter_of(replace(REFUSED, recipient=name), "fr")))}
    page = typst.compile(
        _template(), sys_inputs=letter, format="png", ppi=72, font_paths=[str(_fonts())], ignore_system_fonts=True
    )
    shade = matplotlib.image.imread(io.BytesIO(page))[:, :, :3].min(axis=2)
    margin = round(24 / 210 * shade.shape[1])
    assert shade[:, -margin:].min() > 0.9
    assert shade[:, -2 * margin : -margin].min() < 0.5  # something is printed beside it


def test_character_in_no_font_is_said():
    with pytest.raises(LetterUnprintable):
        pdf_of(letter_of(replace(REFUSED, recipient="\U00020000"), "en"))
