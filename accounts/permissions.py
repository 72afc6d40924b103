"""What each role may do: one table, asked by every view and service."""

import uuid
from typing import Protocol

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.enums import Act, Role
from common.errors import NotAllowed

MAY: dict[Role, frozenset[Act]] = {
    Role.OFFICER: frozenset({Act.READ_CASES, Act.CREATE_APPLICATION, Act.DECIDE, Act.READ_DECISIONS}),
    Role.SENIOR: frozenset(
        {
            Act.READ_CASES,
            Act.CREATE_APPLICATION,
            Act.DECIDE,
            Act.REVIEW,
            Act.READ_DECISIONS,
            Act.REQUEST_ERASURE,
        }
    ),
    Role.AUDITOR: frozenset({Act.READ_CASES, Act.READ_DECISIONS, Act.AUDIT, Act.READ_MONITORING, Act.READ_PRIVACY}),
    Role.RISK: frozenset({Act.READ_MONITORING, Act.RUN_MONITORING, Act.RUN_BATCHES}),
    Role.ADMINISTRATOR: frozenset({Act.MANAGE_ACCESS, Act.READ_PRIVACY, Act.ANSWER_ERASURE}),
}

SEES_EVERY_BRANCH = frozenset({Role.AUDITOR})


class Person(Protocol):
    role: str
    is_active: bool
    branch_id: uuid.UUID | None


def may(person: Person, act: Act) -> bool:
    return person.is_active and act in MAY[Role(person.role)]


def who_may(act: Act) -> list[Role]:
    return [role for role, acts in MAY.items() if act in acts]


def require(person: Person, act: Act) -> None:
    """Refuse with the names of those who can."""
    if not may(person, act):
        who = ", ".join(str(role.label) for role in who_may(act))
        raise NotAllowed(
            format_lazy(_("Your role may not {act}. This can be done by: {who}."), act=act.label, who=who),
            details={"act": act.value, "roles": [role.value for role in who_may(act)]},
        )


def sees_every_branch(person: Person) -> bool:
    return Role(person.role) in SEES_EVERY_BRANCH
