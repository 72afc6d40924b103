"""Every code that an answer of the API may carry stands in its document; what only pages say is named here."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from common.errors import PortalError

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("accounts", "applications", "scoring", "explanations", "decisions", "monitoring", "integrations", "common")
# of acts that no address of the API does, or that a worker does and nobody is answered
ON_PAGES_ONLY = {
    "answered",
    "api_key_not_valid",
    "conflict",
    "contested",
    "document_too_large",
    "document_withdrawn",
    "draft_busy",
    "draft_slip",
    "draft_submitted",
    "draft_too_large",
    "erasure_refused",
    "erasure_waits",
    "explanation_disagrees",
    "file_missing",
    "histories_missing",
    "hold_lifted",
    "ledger_forked",
    "letter_unprintable",
    "not_contestable",
    "not_owner",
    "notice_sent",
    "offer_answered",
    "offer_ended",
    "question_exists",
    "record_is_final",
    "report_altered",
    "reviewed",
    "table_unreadable",
    "view_exists",
    "window_empty",
}


def codes_in_the_document() -> set[str]:
    errors = (ROOT / "docs/api.md").read_text().split("## Errors")[1]
    return set(re.findall(r"`([a-z_0-9]+)`", errors))


def sources() -> Iterator[tuple[str, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if not {"migrations", "management"} & set(path.parts):
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                yield name.removesuffix(".__init__"), ast.parse(path.read_text())


def kinds(base: type[PortalError] = PortalError) -> Iterator[type[PortalError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def raised() -> dict[str, str]:
    """Code -> one of the modules that raise it."""
    found = {}
    trees = list(sources())
    for name, _tree in trees:
        importlib.import_module(name)
    names = {kind.__name__ for kind in kinds()}
    found |= {kind.code: kind.__module__ for kind in kinds()}
    for module, tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
                constants = [item.value for item in node.keywords if item.arg == "code"]
                found |= {str(item.value): module for item in constants if isinstance(item, ast.Constant)}
    return found


def test_every_code_stands_in_the_document() -> None:
    found = raised()
    missing = {code: where for code, where in found.items() if code not in codes_in_the_document() | ON_PAGES_ONLY}
    assert not missing
    assert set(found) >= ON_PAGES_ONLY
