"""Every string that the portal says is written in French, with the same places for values."""

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from common.catalog import MessageId, collect

ROOT = Path(__file__).resolve().parents[2]
PLACE = re.compile(r"%\([a-z_]+\)[sd]|\{[a-z_]+\}")


def french() -> Catalog:
    with (ROOT / "locale/fr/LC_MESSAGES/django.po").open("rb") as source:
        return read_po(source, locale="fr")


def texts(value: MessageId | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def test_every_string_has_a_french_one() -> None:
    catalog = french()
    missing = set()
    for file, line, message, context in collect(ROOT):
        entry = catalog.get(texts(message)[0], context)
        if entry is None or not all(texts(entry.string)):
            missing.add(f"{file}:{line} {message!r}")
    assert not missing, "run `make messages` and translate:\n" + "\n".join(sorted(missing))


def test_translations_keep_the_places_for_values() -> None:
    wrong = []
    for entry in french():
        needed = {place for text in texts(entry.id)[-1:] for place in PLACE.findall(text)}
        wrong += [text for text in texts(entry.string)[-1:] if entry.id and set(PLACE.findall(text)) != needed]
    assert not wrong


def test_french_punctuation_does_not_break_from_its_word() -> None:
    loose = re.compile(r" [;!?](\s|$)| :(\s|$)|« | »")
    wrong = [text for entry in french() if entry.id for text in texts(entry.string) if loose.search(text)]
    assert not wrong


def test_french_has_one_apostrophe() -> None:
    assert not [text for entry in french() if entry.id for text in texts(entry.string) if "\u2019" in text]
