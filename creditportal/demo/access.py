"""The demo's accounts and API key. Every password is random and stands only in the demo's credentials file."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import ApiKey, Branch, User
from accounts.services import api_key_create
from common.actors import SYSTEM

BRANCHES = {"lyon": "Lyon Part-Dieu", "paris": "Paris République"}
KEY_NAME = "Demo integration"
PEOPLE = {
    "officer": ("Camille", "Lefèvre", Role.OFFICER, "paris", "fr"),
    "officer_amina": ("Amina", "Haddad", Role.OFFICER, "paris", "fr"),
    "officer_lucas": ("Lucas", "Petit", Role.OFFICER, "paris", "en"),
    "senior": ("Nadia", "Benali", Role.SENIOR, "paris", "fr"),
    "auditor": ("Hugo", "Marchand", Role.AUDITOR, None, "en"),
    "risk": ("Inès", "Fontaine", Role.RISK, None, "en"),
    "admin": ("Paul", "Girard", Role.ADMINISTRATOR, None, "en"),
    "officer_lyon": ("Théo", "Roussel", Role.OFFICER, "lyon", "fr"),
}


def credentials_path() -> Path:
    return Path(settings.DATA_DIR) / "demo.json"


def access_ready() -> bool:
    """True when the credentials file is there and its people are in this database."""
    try:
        names = {account["username"] for account in json.loads(credentials_path().read_text())["accounts"].values()}
    except (OSError, ValueError, KeyError):
        return False
    return User.objects.filter(username__in=names).count() == len(PEOPLE)


@transaction.atomic
def access_create(url: str) -> None:
    """Create the people and the key, or give them new secrets, and write the credentials file."""
    branches = {
        code: Branch.objects.get_or_create(code=code, defaults={"name": name})[0] for code, name in BRANCHES.items()
    }
    accounts = {key: _person(key, branches) for key in PEOPLE}
    content = {"url": url, "accounts": accounts, "api_key": _key(branches["paris"])}
    _write_privately(credentials_path(), content)


def url_update(url: str) -> None:
    content = json.loads(credentials_path().read_text())
    if content["url"] != url:
        _write_privately(credentials_path(), content | {"url": url})


def _person(key: str, branches: dict[str, Branch]) -> dict[str, str]:
    first_name, last_name, role, branch, language = PEOPLE[key]
    password = secrets.token_urlsafe(12)
    user, _created = User.objects.update_or_create(
        username=key,
        defaults={
            "first_name": first_name,
            "last_name": last_name,
            "role": role,
            "branch": branches[branch] if branch else None,
            "language": language,
            "is_active": True,
            "is_staff": role in (Role.ADMINISTRATOR, Role.AUDITOR),
            "is_superuser": role == Role.ADMINISTRATOR,
        },
    )
    user.set_password(password)
    user.save(update_fields=["password"])
    return {"username": key, "password": password}


def _key(branch: Branch) -> str:
    ApiKey.objects.filter(name=KEY_NAME, revoked_at=None).update(revoked_at=timezone.now())
    _row, text = api_key_create(
        name=KEY_NAME,
        branch=branch,
        scopes=Scope.values,
        actor=SYSTEM,
        acts_for=User.objects.get(username="officer"),
    )
    return text


def _write_privately(path: Path, content: dict[str, Any]) -> None:
    """Whole or not at all, and readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
