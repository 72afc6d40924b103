from collections.abc import Iterable
from typing import Any

import factory

from accounts.enums import Role, Scope
from accounts.models import ApiKey, Branch, User
from accounts.services import api_key_create
from common.actors import SYSTEM

PASSWORD = "a-long-password-for-tests"


class BranchFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Branch

    code = factory.Sequence(lambda number: f"branch-{number}")
    name = factory.Sequence(lambda number: f"Branch {number}")


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda number: f"person-{number}")
    first_name = "Camille"
    last_name = factory.Sequence(lambda number: f"Martin {number}")
    role = Role.OFFICER
    branch = factory.SubFactory(BranchFactory)
    password = factory.django.Password(PASSWORD)

    class Params:
        senior = factory.Trait(role=Role.SENIOR)
        auditor = factory.Trait(role=Role.AUDITOR, branch=None)
        risk = factory.Trait(role=Role.RISK, branch=None)
        administrator = factory.Trait(role=Role.ADMINISTRATOR, branch=None)


def api_key(
    *, branch: Branch, scopes: Iterable[str] = tuple(Scope.values), acts_for: User | None = None, **fields: Any
) -> tuple[ApiKey, str]:
    """The key's row and the text that its owner sends."""
    return api_key_create(name="test", branch=branch, scopes=scopes, actor=SYSTEM, acts_for=acts_for, **fields)
