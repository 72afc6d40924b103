"""The strings of the portal for translators, collected without a system gettext: Babel reads what Django prepares."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import template as django_template

ROOMS = (
    *("accounts", "applications", "common", "creditportal", "decisions"),
    *("explanations", "integrations", "monitoring", "scoring"),
)
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
MessageId = str | tuple[str, ...]


def collect(root: Path) -> list[tuple[str, int, MessageId, str | None]]:
    """(file, line, message or (singular, plural), context) of every string in code and templates."""
    found = []
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            found += [(_name(root, path), *entry) for entry in _messages("python", path.read_bytes())]
    for path in sorted((root / "templates").rglob("*.html")):
        source = django_template.templatize(path.read_text(encoding="utf-8"), origin=str(path))
        # what is left of a template is no valid Python, but the lexer for JavaScript does not mind
        found += [(_name(root, path), *entry) for entry in _messages("javascript", source.encode())]
    return found


def _messages(method: str, content: bytes) -> Iterator[tuple[int, MessageId, str | None]]:
    from babel.messages.extract import extract  # a tool of developers: not installed on servers

    for line, message, _comments, context in extract(method, io.BytesIO(content), keywords=KEYWORDS):
        if message:
            yield line, message, context


def _name(root: Path, path: Path) -> str:
    return str(path.relative_to(root))
