"""Ways to alter or break a JSON file, and running the verifier on it as its reader does."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common.proof.__main__ import main as prove

Change = tuple[str, Any]
# What is no document of ours in any place; Each is given to each kind of file.
MALFORMED: dict[str, bytes] = {
    "an object of another": b'{"x":1}',
    "no JSON": b"nonsense",
    "cut off": b'{"kind":"rec',
    "no object": b"[]",
    "a number": b"5",
    "null": b"null",
    "nested": b"[" * 100_000 + b"]" * 100_000,
    "nested objects": b'{"kind":' * 100_000 + b"1" + b"}" * 100_000,
    "nested as far as it can be read": b'{"kind":"record","leaf":{},"values":{"a":' + b"[" * 900 + b"]" * 900 + b"}}",
    "long number": b"9" * 5_000,
    "endless number": b'{"kind":1e999}',
    "not a number": b'{"kind":NaN}',
    "not UTF-8": b'{"kind":"\xff"}',
    "half a character": b'{"kind":"\\ud800"}',
    "UTF-16": '{"kind":"block"}'.encode("utf-16"),
    "zeros": b"\x00" * 50,
}


def other(value: Any) -> Any:
    """A value of the same type that says something else."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return f"{value}x" if not value.isdigit() else "0"
    return {"x": 1} if value is None or value == {} else [] if value != [] else [1]


def changes(document: Any, path: str = "") -> Iterator[Change]:
    """The document with one thing in it changed, dropped, added or of another type: each field once."""
    if not isinstance(document, dict | list):
        return
    names = list(document) if isinstance(document, dict) else list(range(len(document)))
    for name in names:
        here = f"{path}/{name}"
        yield f"{here} changed", _with(document, name, other(document[name]))
        yield f"{here} of another type", _with(document, name, [document[name]])
        dropped = copy.copy(document)
        del dropped[name]
        yield f"{here} dropped", dropped
        for what, inner in changes(document[name], here):
            yield what, _with(document, name, inner)
    if isinstance(document, dict):
        yield f"{path} with one more", {**document, "more": 1}


def _with(document: Any, name: Any, value: Any) -> Any:
    changed = copy.copy(document)
    changed[name] = value
    return changed


def said_twice(text: bytes) -> Iterator[tuple[str, bytes]]:
    """Each name at the top said before the real one, which is the one that most readers take."""
    for name in json.loads(text):
        yield f"{name} twice", text.replace(b"{", b'{"%s":{},' % name.encode(), 1)


def verdict(path: Path, key: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code and the first line; whatever the verifier raises fails the test."""
    capsys.readouterr()
    code = prove([str(path), "--key", str(key)])
    return code, capsys.readouterr().out.splitlines()[0]
