import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import Role
from accounts.models import ApiKey, Branch, User
from common import ledger
from common.actors import Actor
from common.errors import Conflict

SECRET_BYTES = 32
REQUESTS_PER_MINUTE = 600


@transaction.atomic
def api_key_create(
    *,
    name: str,
    branch: Branch,
    scopes: Iterable[str],
    actor: Actor,
    acts_for: User | None = None,
    expires_at: datetime | None = None,
    networks: Iterable[str] = (),
    requests_per_minute: int = REQUESTS_PER_MINUTE,
) -> tuple[ApiKey, str]:
    """Returns the key and its full text, which is shown once and never stored."""
    key = ApiKey(
        name=name,
        scopes=list(scopes),
        branch=branch,
        acts_for=acts_for,
        expires_at=expires_at,
        networks=list(networks),
        requests_per_minute=requests_per_minute,
    )
    text = _issue(key)
    ledger.record(action="api_key.created", subject=key, actor=actor, facts={"scopes": key.scopes})
    return key, text


@transaction.atomic
def api_key_rotate(*, key: ApiKey, overlap: timedelta, actor: Actor) -> tuple[ApiKey, str]:
    """A new key with the same rights; the old one still works for ``overlap``, so that no call is lost."""
    key = ApiKey.objects.select_for_update(of=("self",)).get(id=key.id)
    if not key.is_valid or hasattr(key, "replaced_by"):
        raise Conflict(_("This key is expired, revoked or replaced already."), code="api_key_not_valid")
    until = timezone.now() + overlap
    fresh = ApiKey(
        name=key.name,
        scopes=key.scopes,
        branch=key.branch,
        acts_for=key.acts_for,
        expires_at=_same_life(key),
        networks=key.networks,
        requests_per_minute=key.requests_per_minute,
        replaces=key,
    )
    text = _issue(fresh)
    key.expires_at = until if key.expires_at is None else min(key.expires_at, until)
    key.save(update_fields=["expires_at"])
    facts = {"replaces": str(key.id), "old_expires_at": key.expires_at.isoformat()}
    ledger.record(action="api_key.rotated", subject=fresh, actor=actor, facts=facts)
    return fresh, text


def _same_life(key: ApiKey) -> datetime | None:
    return None if key.expires_at is None else timezone.now() + (key.expires_at - key.created_at)


def _issue(key: ApiKey) -> str:
    key.prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(SECRET_BYTES)
    key.secret_sha256 = secret_sha256(secret)
    key.full_clean()
    key.save()
    return f"{key.prefix}.{secret}"


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


def user_preferences_set(*, user: User, contrast: str, text_size: str, has_shortcuts: bool) -> None:
    User.objects.filter(pk=user.pk).update(contrast=contrast, text_size=text_size, has_shortcuts=has_shortcuts)


def user_language_set(*, user: User, language: str) -> None:
    User.objects.filter(pk=user.pk).update(language=language)
