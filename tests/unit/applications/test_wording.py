"""The values of a file as people read them."""

import pytest
from django.utils.translation import override

from applications import wording
from explanations.wording import feature_text
from ml.contract import load_contract
from ml.features import load_specification

CONTRACT = load_contract()
COLUMN = CONTRACT.application.column


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("NAME_CONTRACT_TYPE", "Cash loans", "Cash loan"),
        ("FLAG_MOBIL", 1, "yes"),
        ("DAYS_EMPLOYED", -400, "1 year 1 month earlier"),
        ("DAYS_EMPLOYED", 365243, "does not apply"),
        ("EXT_SOURCE_1", 0.5, "0.5"),
        ("AMT_ANNUITY", None, "not given"),
        ("AMT_ANNUITY", float("nan"), "not given"),
    ],
)
def test_value_is_said_in_words(name: str, value: object, expected: str) -> None:
    assert wording.value_text(COLUMN(name), value) == expected


def test_labels_follow_the_language() -> None:
    with override("fr"):
        assert wording.label_of(COLUMN("AMT_CREDIT")) == COLUMN("AMT_CREDIT").label_fr
        assert wording.value_text(COLUMN("NAME_CONTRACT_TYPE"), "Cash loans") == "Prêt personnel"


def test_chapters_hold_every_column_once_and_say_what_is_missing() -> None:
    chapters = wording.chapters(CONTRACT, {"AMT_CREDIT": 1000.0})
    lines = [line for chapter in chapters for line in chapter.lines]
    asked = [c for c in CONTRACT.application.columns if c.dtype != "id" and c.name != CONTRACT.target]
    assert len(lines) == len(asked)
    assert sum(not line.is_missing for line in lines) == 1


def test_category_that_the_model_read_as_a_code_is_shown_as_a_word() -> None:
    feature = next(f for f in load_specification().features if f.dtype == "category" and f.op == "column")
    column = COLUMN(feature.inputs[0])
    assert feature_text(CONTRACT, feature, 0.0) == wording.category_of(column, feature.categories[0])
    assert feature_text(CONTRACT, feature, None) == "not given"
    assert feature_text(CONTRACT, None, 2.5) == "2.5"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_feature_is_said_in_words_with_its_unit(language: str) -> None:
    with override(language):
        for feature in load_specification().features:
            text, label = feature_text(CONTRACT, feature, 1.0), wording.label_of(feature)
            assert text == text.strip() != "", feature.name
            assert label != feature.name
            assert "_" not in label
            if feature.unit in wording.MEASURES:
                assert any(sign.isalpha() for sign in text), feature.name


def test_history_that_is_not_there_is_nothing_on_record() -> None:
    feature = next(f for f in load_specification().features if f.op == "aggregate")
    assert feature_text(CONTRACT, feature, None) == "nothing on record"
    with override("fr"):
        assert feature_text(CONTRACT, feature, float("nan")) == "rien au dossier"


@pytest.mark.parametrize(("value", "expected"), [(0.4, "at the time"), (-0.4, "at the time"), (-31.0, "1 month")])
def test_mean_date_is_said_in_whole_days(value: float, expected: str) -> None:
    feature = load_specification().feature("bureau_days_credit_mean")
    assert feature_text(CONTRACT, feature, value).startswith(expected)
