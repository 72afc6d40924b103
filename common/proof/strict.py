"""JSON that means one thing only: no name twice, no part that is not expected, no number that is none."""

import base64
import json
import math
from dataclasses import fields
from decimal import Decimal
from typing import Any, TypeVar

from common.canonical import canonical_json

Made = TypeVar("Made")
SIGNED = {"content", "signature"}


class Unreadable(ValueError):
    """In words: what a line or a document holds instead of what it should."""


def parse(raw: bytes) -> Any:
    """The document; raises Unreadable for whatever is none, or could be read as another."""
    try:
        text = raw.decode()
        said = json.loads(text, object_pairs_hook=_once, parse_float=_exact, parse_constant=_refuse)
        if "\\u" in text:
            canonical_json(said)  # an escape can spell half a character, which has no bytes
    except Unreadable:
        raise
    except UnicodeError as error:
        raise Unreadable("it is not UTF-8") from error
    except RecursionError as error:
        raise Unreadable("it is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise Unreadable("it is not JSON") from error
    except ValueError as error:
        raise Unreadable("a number in it is too long") from error
    return said


def exactly(said: Any, names: set[str]) -> dict[str, Any]:
    """SAID, when it is an object with these names and no other."""
    if not isinstance(said, dict) or set(said) != names:
        raise Unreadable(f"exactly {', '.join(sorted(names))} are expected")
    return said


def made(kind: type[Made], said: Any) -> Made:
    """An instance of a dataclass from all its fields, each of its type."""
    types = {field.name: field.type for field in fields(kind)}  # type: ignore[arg-type]
    values = exactly(said, set(types))
    wrong = sorted(name for name, value in values.items() if type(value) is not types[name])
    if wrong:
        raise Unreadable(f"{wrong[0]} is of the wrong type")
    return kind(**values)


def signature_bytes(text: str) -> bytes:
    """The signature, when it is spelled in the one way that base64 is written."""
    signature = base64.b64decode(text, validate=True)
    if base64.b64encode(signature).decode() != text:
        raise Unreadable("the signature is spelled in another way")
    return signature


def printable(text: str) -> str:
    """One line of ASCII that no terminal obeys, whatever was read."""
    return text.encode("unicode_escape").decode("ascii")[:500]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a name stands twice in one object")
    return found


def _exact(text: str) -> float:
    number = float(text)
    if repr(number) != text and not (math.isfinite(number) and _is_same(text, number)):
        raise Unreadable("a number in it has more digits than are sealed")
    return number


def _is_same(text: str, number: float) -> bool:
    try:
        return Decimal(text) == Decimal(repr(number))
    except ArithmeticError:
        return False


def _refuse(name: str) -> None:
    raise Unreadable(f"{name} is no number")
