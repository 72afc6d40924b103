"""JSON read strictly: what is ambiguous or cannot be stored is refused with its place, never repaired."""

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.parsers import JSONParser

from common.errors import InvalidInput
from ml.errors import Problem

DEEPEST = 30
LONGEST_NUMBER = 64
MOST_PROBLEMS = 50
LONGEST_POINTER = 500


class MalformedJson(InvalidInput):
    status = 400
    code = "invalid_json"


@dataclass(frozen=True)
class _Refused:
    """Stands where a value cannot be taken, until its place in the document is known."""

    code: str
    what: str


class StrictJSONParser(JSONParser):
    """Refuses duplicate names, NaN, endless numbers, deep nesting, NUL, lone surrogates and what is not UTF-8."""

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        return loads(stream.read())


def loads(body: bytes) -> Any:
    try:
        document = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=lambda name: _Refused("not_finite", name),
        )
    except UnicodeDecodeError as error:
        raise _malformed("not_utf8", _("The body is not UTF-8 (byte %(at)d).") % {"at": error.start}) from error
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno}
        raise _malformed(
            "invalid_json", _("The body is not JSON (line %(line)d, column %(column)d).") % place
        ) from error
    except RecursionError as error:
        raise _malformed("too_deep", _too_deep()) from error
    problems = _first(_problems(document, "", 0))
    if problems:
        raise MalformedJson(problems[0].message, problems, code=problems[0].code)
    return document


def _object(pairs: list[tuple[str, Any]]) -> Any:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    return _Refused("duplicate_name", Counter(name for name, _value in pairs).most_common(1)[0][0])


def _integer(text: str) -> Any:
    return int(text) if len(text) <= LONGEST_NUMBER else _Refused("number_too_long", str(len(text)))


def _float(text: str) -> Any:
    if len(text) > LONGEST_NUMBER:
        return _Refused("number_too_long", str(len(text)))
    value = float(text)
    return value if math.isfinite(value) else _Refused("not_finite", text)


def _problems(value: Any, pointer: str, depth: int) -> Iterator[Problem]:
    """Every refusal with its JSON pointer; the depth is checked on the way, so the walk itself stays shallow."""
    if isinstance(value, _Refused):
        yield _refusal(value, pointer)
    elif isinstance(value, str):
        yield from _text_problems(value, pointer)
    elif isinstance(value, dict | list):
        if depth == DEEPEST:
            yield Problem(pointer, "too_deep", _too_deep())
            return
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(name, str):
                yield from _text_problems(name, pointer)
            if isinstance(item, str | dict | list | _Refused):
                yield from _problems(item, pointer_to(pointer, name), depth + 1)


def _refusal(refused: _Refused, pointer: str) -> Problem:
    if refused.code == "duplicate_name":
        return Problem(pointer_to(pointer, refused.what), refused.code, _("This name stands twice in one object."))
    if refused.code == "not_finite":
        return Problem(pointer, refused.code, _("%(number)s is not a finite number.") % {"number": refused.what})
    detail = _("A number of %(digits)s characters is too long.") % {"digits": refused.what}
    return Problem(pointer, refused.code, detail, str(LONGEST_NUMBER))


def _text_problems(text: str, pointer: str) -> Iterator[Problem]:
    if "\x00" in text:
        yield Problem(pointer, "nul_character", _("Text cannot hold the NUL character."))
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        yield Problem(pointer, "lone_surrogate", _("Text holds half of a surrogate pair."))


def _first(problems: Iterator[Problem]) -> list[Problem]:
    return [replace(problem, pointer=printable(problem.pointer)) for problem in islice(problems, MOST_PROBLEMS)]


def pointer_to(pointer: str, name: str | int) -> str:
    """The JSON pointer (RFC 6901) of a member of what ``pointer`` points to."""
    escaped = str(name).replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{escaped}"


def printable(text: str) -> str:
    """What an answer can carry, whatever was sent."""
    return text[:LONGEST_POINTER].encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def _malformed(code: str, message: str) -> MalformedJson:
    return MalformedJson(message, code=code)


def _too_deep() -> str:
    return _("The document is nested deeper than %(limit)d levels.") % {"limit": DEEPEST}
