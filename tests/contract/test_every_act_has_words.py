"""Whatever is recorded about a case is told in words on its timeline, never as a code."""

import ast
from pathlib import Path

from django.conf import settings

from decisions.wording import HAPPENED

ROOMS = (
    *("accounts", "applications", "common", "creditportal", "decisions"),
    *("explanations", "integrations", "monitoring", "scoring"),
)
MOVED = "application.moved"  # told by the state it leads to
# about a person, a key, a model or a batch: no case shows them
ELSEWHERE = {
    *("access.given", "applicant.created", "applicant.erased", "erasure.requested", "hold.lifted", "hold.placed"),
    *("api_key.created", "api_key.revoked", "api_key.rotated", "user.created", "keys.rotated", "database.restored"),
    *("user.password_reset", "user.password_changed", "user.changed", "ledger.verified"),
    *("batch.finished", "batch.received", "model.promoted", "model.registered", "model.retired"),
    *("question.saved", "question.deleted", "export.requested", "export.written", "export.deleted", "draft.started"),
    *("webhook.created", "webhook.moved", "webhook.rotated", "webhook.removed", "webhook.disabled", "webhook.resent"),
    *("monitoring.asked", "monitoring.asked_again", "monitoring.measured", "monitoring.reported"),
}


def recorded() -> set[str]:
    """Every action that some call of ledger.record() names."""
    found = set()
    for room in ROOMS:
        for path in Path(settings.BASE_DIR, room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record":
                    found |= {each.value.value for each in node.keywords if _names(each)}
    return found


def _names(keyword: ast.keyword) -> bool:
    return keyword.arg == "action" and isinstance(keyword.value, ast.Constant)


def test_every_act_on_a_case_has_words():
    assert recorded() - set(HAPPENED) - ELSEWHERE == {MOVED}
