"""What people do with their own password and second factor is in the ledger, as what others do with them."""

from typing import Any

from allauth.account.signals import password_changed
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.dispatch import receiver

from accounts.models import User
from common import ledger


@receiver(password_changed)
def record_password(user: User, **_more: Any) -> None:
    ledger.record(action="user.password_changed", subject=user, actor=user.actor)


@receiver(authenticator_added)
def record_factor(user: User, authenticator: Any, **_more: Any) -> None:
    _record("user.second_factor_added", user, authenticator)


@receiver(authenticator_removed)
def record_factor_gone(user: User, authenticator: Any, **_more: Any) -> None:
    _record("user.second_factor_removed", user, authenticator)


@receiver(authenticator_reset)
def record_factor_anew(user: User, authenticator: Any, **_more: Any) -> None:
    _record("user.second_factor_renewed", user, authenticator)


def _record(action: str, user: User, authenticator: Any) -> None:
    ledger.record(action=action, subject=user, actor=user.actor, facts={"type": authenticator.type})
