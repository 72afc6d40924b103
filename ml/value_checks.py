"""Whether one value keeps its column's contract, and in plain words why not."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

from ml.contract_types import MAX_UNSEEN_LENGTH, Column
from ml.errors import Problem

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
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= LONGEST_SHOWN else f'"{value[:LONGEST_SHOWN]}…"'
    if _is_number(value):
        too_long = isinstance(value, Integral) and abs(int(value)) >= LARGEST_SHOWN
        return "a very large number" if too_long else f"{value}"
    names = {dict: "an object", list: "a list", type(None): "null"}
    return names.get(type(value), f"a {type(value).__name__}")


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
    if not isinstance(value, str):
        return problem(column, pointer, "wrong_type", f"expected a text, got {show(value)}")
    if value in column.category_set:
        return None
    meant = column.folded_categories.get(value.strip().casefold())
    if meant is not None:
        message = f"{show(value)} is not a known value; did you mean {show(meant)}?"
        return problem(column, pointer, "unseen_category", message)
    if column.unseen_allowed and len(value.strip()) > 0 and len(value) <= MAX_UNSEEN_LENGTH:
        return None
    return problem(column, pointer, "unseen_category", f"{show(value)} is not a known value")


def _explain_number(column: Column, value: Any, pointer: str) -> Problem | None:
    if isinstance(value, bool) or not _is_number(value):
        return problem(column, pointer, "wrong_type", f"expected a number, got {show(value)}")
    # Only a float can be NaN or infinite; asking a very long integer would overflow.
    if not isinstance(value, Integral) and not math.isfinite(value):
        return problem(column, pointer, "not_finite", f"{show(value)} is not a finite number")
    if column.dtype != "float" and value != int(value):
        return problem(column, pointer, "wrong_type", f"expected a whole number, got {show(value)}")
    if value in column.sentinel_set:
        return None
    if column.minimum is not None and value < column.minimum:
        return problem(column, pointer, "out_of_range", f"{show(value)} is below {column.minimum:.12g}")
    if column.maximum is not None and value > column.maximum:
        return problem(column, pointer, "out_of_range", f"{show(value)} is above {column.maximum:.12g}")
    return None


def _is_number(value: Any) -> bool:
    # numpy's numbers count too: they are registered with the abstract classes.
    return isinstance(value, Real)


def problem(column: Column, pointer: str, code: str, message: str) -> Problem:
    """Return a Problem whose message starts with the column's label and that says what is allowed."""
    return Problem(pointer, code, f"{column.label_en}: {message}.".replace("?.", "?"), column.allowed)
