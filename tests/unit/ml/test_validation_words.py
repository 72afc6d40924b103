"""What is wrong with a file is said in both languages: the French as a French reader writes it."""

import re

import pytest

from ml.errors import Problem
from ml.validation import validate_file
from tests.unit.ml.rows import CONTRACT, application, row_of

LOOSE = re.compile(r"[^\u00a0][:;?!]")  # a French mark without its no-break space
BROKEN = [
    [],
    {},
    {"application": []},
    {"application": {}},
    {"loans": []},
    application() | {"bureau": None},
    application() | {"bureau": {}},
    application() | {"bureau": ["row"]},
    application() | {"bureau": [{}] * 10_001},
    application() | {"bureau": [row_of("bureau", SK_ID_BUREAU=1)] * 2},
    application() | {"bureau_balance": [row_of("bureau_balance")]},
    application(SK_ID_CURR=1) | {"bureau": [row_of("bureau", SK_ID_CURR=2)]},
    application(TARGET=1),
    application(AMT_CREDIT=None),
    application(AMT_CREDIT="much"),
    application(AMT_CREDIT=float("inf")),
    application(AMT_CREDIT=-1),
    application(AMT_CREDIT=10**30),
    application(CNT_CHILDREN=1.5),
    application(CODE_GENDER=1),
    application(CODE_GENDER="Z"),
    application(CODE_GENDER="f"),
    application(amt_credit=1),
    application(**{f"X{n}": 1 for n in range(101)}),
]


@pytest.mark.parametrize("file", BROKEN)
def test_problem_is_said_in_both_languages(file):
    for problem in validate_file(CONTRACT, file):
        english, french = problem.text(french=False), problem.text(french=True)
        assert french != english
        assert french.endswith((".", "?"))
        assert not LOOSE.search(re.sub('"[^"]*"', "", french)), french


def test_problem_begins_with_the_label_of_its_language():
    problem = validate_file(CONTRACT, application(CODE_GENDER="f"))[0]
    column = CONTRACT.application.column("CODE_GENDER")
    assert problem.text(french=False) == f'{column.label_en}: "f" is not a known value; did you mean "F"?'
    assert problem.text(french=True) == (
        f'{column.label_fr}\N{NBSP}: "f" n\'est pas une valeur connue\N{NBSP}; vouliez-vous dire "F"\N{NBSP}?'
    )


def test_problem_said_once_is_the_same_for_all():
    assert Problem("/file", "missing", "Il manque un fichier.").text(french=True) == "Il manque un fichier."
