import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.enums import Role
from accounts.models import ApiKey, Branch, User
from common import ledger
from common.actors import Actor

SECRET_BYTES = 32


@transaction.atomic
def api_key_create(
    *,
    name: str,
    branch: Branch,
    scopes: Iterable[str],
    actor: Actor,
    acts_for: User | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Returns the key and its full text, which is shown once and never stored."""
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(SECRET_BYTES)
    key = ApiKey.objects.create(
        name=name,
        prefix=prefix,
        secret_sha256=secret_sha256(secret),
        scopes=list(scopes),
        branch=branch,
        acts_for=acts_for,
        expires_at=expires_at,
    )
    ledger.record(action="api_key.created", subject=key, actor=actor, facts={"scopes": key.scopes})
    return key, f"{prefix}.{secret}"


@transaction.atomic
def api_key_revoke(*, key: ApiKey, actor: Actor) -> None:
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])
    ledger.record(action="api_key.revoked", subject=key, actor=actor)


@transaction.atomic
def administrator_create(*, username: str, actor: Actor) -> tuple[User, str]:
    """Returns the administrator and a random password, which is shown once."""
    password = secrets.token_urlsafe(12)
    user = User(username=username, role=Role.ADMINISTRATOR, is_staff=True, is_superuser=True)
    user.set_password(password)
    user.full_clean(exclude=["password"])
    user.save()
    ledger.record(action="user.created", subject=user, actor=actor, facts={"role": user.role})
    return user, password


def secret_sha256(secret: str) -> str:
    """A plain hash is enough: the secret has 256 random bits, so there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def user_language_set(*, user: User, language: str) -> None:
    User.objects.filter(pk=user.pk).update(language=language)
