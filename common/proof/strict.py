"""JSON that means one thing only: no name twice, no part that is not expected, no number that is none."""

import json
from dataclasses import fields
from typing import Any, TypeVar

Made = TypeVar("Made")
SIGNED = {"content", "signature"}


class Unreadable(ValueError):
    """In words: what a line or a document holds instead of what it should."""


def parse(text: bytes | str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except Unreadable:
        raise
    except UnicodeDecodeError as error:
        raise Unreadable("it is not UTF-8") from error
    except RecursionError as error:
        raise Unreadable("it is nested too deeply") from error
    except ValueError as error:
        raise Unreadable("it is not JSON") from error


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


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a name stands twice in one object")
    return found


def _refuse(name: str) -> None:
    raise Unreadable(f"{name} is no number")
