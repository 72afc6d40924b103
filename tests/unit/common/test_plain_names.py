"""Names hold what can be seen, in any language, and nothing else."""

import pytest
from django.core.exceptions import ValidationError

from common.plain_names import plain_name, plain_text


@pytest.mark.parametrize(
    "name", ["O'Brien & <b>fils</b>", "بن يوسف", "Nguyễn Thị", "نیم\u200cفاصله", "क्\u200dष", "李 小龍", ""]
)
def test_names_of_people_everywhere_are_taken(name: str) -> None:
    plain_name(name)


@pytest.mark.parametrize(
    "sign", ["\x00", "\x01", "\n", "\t", "\x7f", "\x85", "\u200b", "\u2028", "\u202e", "\u2066", "\ufeff"]
)
@pytest.mark.parametrize("name", ["{}Dupont", "Du{}pont", "Dupont{}"])
def test_what_cannot_be_seen_is_refused(name: str, sign: str) -> None:
    with pytest.raises(ValidationError):
        plain_name(name.format(sign))


def test_texts_keep_their_lines_and_their_direction() -> None:
    plain_text("Called at ten:\r\n\t- confirmed\nتحدثت \u2067مع صاحب\u2069 العمل")
    for sign in ("\x00", "\x1b", "\x7f", "\u202e", "\u202d"):
        with pytest.raises(ValidationError):
            plain_text(f"Paid {sign} late")
