"""Whether one value keeps its column's contract, and in plain words why not."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

from ml.contract_types import MAX_UNSEEN_LENGTH, Column
from ml.errors import Problem, Words

LONGEST_SHOWN = 60
# Beyond this the digits say nothing, and Python refuses to print the very long ones.
LARGEST_SHOWN = 10**18


def pointer_to(*parts: object) -> str:
    """Return the JSON pointer (RFC 6901) made of ``parts``.

    >>> pointer_to("bureau", 3, "a/b")
    '/bureau/3/a~1b'
    """
    texts = (str(part)[:LONGEST_SHOWN] for part in parts)
    return "".join("/" + text.replace("~", "~0").replace("/", "~1") for text in texts)


def show(value: Any) -> str:
    """Return a short, safe rendering of any JSON value for a message.

    >>> show("Cash loans"), show([[[]]]), show(True)
    ('"Cash loans"', 'a list', 'true')
    """
    return shown(value).en


def shown(value: Any) -> Words:
    """Return the rendering of :func:`show` in both languages; a text or a number is as it was given.

    >>> shown({}).fr, shown("Cash loans").fr
    ('un objet', '"Cash loans"')
    """
    if isinstance(value, bool):
        return _same("true" if value else "false")
    if isinstance(value, str):
        return _same(f'"{value}"' if len(value) <= LONGEST_SHOWN else f'"{value[:LONGEST_SHOWN]}…"')
    if _is_number(value):
        too_long = isinstance(value, Integral) and abs(int(value)) >= LARGEST_SHOWN
        return Words("a very large number", "un très grand nombre") if too_long else _same(f"{value}")
    names = {dict: Words("an object", "un objet"), list: Words("a list", "une liste"), type(None): _same("null")}
    name = type(value).__name__
    return names.get(type(value), Words(f"a {name}", f"un objet {name}"))


def _same(text: str) -> Words:
    return Words(text, text)


def explain(column: Column, value: Any, pointer: str) -> Problem | None:
    """Return what is wrong with ``value``, or None when nothing is.

    >>> from ml.contract import load_contract
    >>> column = load_contract().application.column("NAME_CONTRACT_TYPE")
    >>> explain(column, "cash loans", "/application/NAME_CONTRACT_TYPE").message
    'Type of credit: "cash loans" is not a known value; did you mean "Cash loans"?'
    """
    if column.dtype == "category":
        return _explain_category(column, value, pointer)
    return _explain_number(column, value, pointer)


def _explain_category(column: Column, value: Any, pointer: str) -> Problem | None:
    got = shown(value)
    if not isinstance(value, str):
        words = Words(f"expected a text, got {got.en}", f"un texte est attendu, et non {got.fr}")
        return problem(column, pointer, "wrong_type", words)
    if value in column.category_set:
        return None
    words = Words(f"{got.en} is not a known value", f"{got.fr} n'est pas une valeur connue")
    meant = column.folded_categories.get(value.strip().casefold())
    if meant is not None:
        hint = Words(f"; did you mean {show(meant)}?", f"\N{NBSP}; vouliez-vous dire {show(meant)}\N{NBSP}?")
        return problem(column, pointer, "unseen_category", Words(words.en + hint.en, words.fr + hint.fr))
    if column.unseen_allowed and len(value.strip()) > 0 and len(value) <= MAX_UNSEEN_LENGTH:
        return None
    return problem(column, pointer, "unseen_category", words)


def _explain_number(column: Column, value: Any, pointer: str) -> Problem | None:
    found = _wrong_number(column, value, shown(value))
    return problem(column, pointer, *found) if found else None


def _wrong_number(column: Column, value: Any, got: Words) -> tuple[str, Words] | None:
    if isinstance(value, bool) or not _is_number(value):
        return "wrong_type", Words(f"expected a number, got {got.en}", f"un nombre est attendu, et non {got.fr}")
    # Only a float can be NaN or infinite; asking a very long integer would overflow.
    if not isinstance(value, Integral) and not math.isfinite(value):
        return "not_finite", Words(f"{got.en} is not a finite number", f"{got.fr} n'est pas un nombre fini")
    if column.dtype != "float" and value != int(value):
        whole = Words(f"expected a whole number, got {got.en}", f"un nombre entier est attendu, et non {got.fr}")
        return "wrong_type", whole
    if value in column.sentinel_set:
        return None
    if column.minimum is not None and value < column.minimum:
        least = f"{column.minimum:.12g}"
        return "out_of_range", Words(f"{got.en} is below {least}", f"{got.fr} est inférieur à {least}")
    if column.maximum is not None and value > column.maximum:
        most = f"{column.maximum:.12g}"
        return "out_of_range", Words(f"{got.en} is above {most}", f"{got.fr} est supérieur à {most}")
    return None


def _is_number(value: Any) -> bool:
    # numpy's numbers count too: they are registered with the abstract classes.
    return isinstance(value, Real)


def problem(column: Column, pointer: str, code: str, message: str | Words) -> Problem:
    """Return a Problem whose message starts with the column's label and that says what is allowed."""
    english, french = (message, "") if isinstance(message, str) else message
    in_french = f"{column.label_fr}\N{NBSP}: {french}." if french else ""
    return Problem(
        pointer,
        code,
        _ended(f"{column.label_en}: {english}."),
        column.allowed,
        _ended(in_french),
    )


def _ended(sentence: str) -> str:
    return sentence.replace("?.", "?")
