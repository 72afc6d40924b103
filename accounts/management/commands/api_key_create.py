from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import Branch, User
from accounts.services import REQUESTS_PER_MINUTE, api_key_create
from common.actors import SYSTEM


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


class Command(BaseCommand):
    help = "Create an API key for a system; its text is printed once and stored as a hash only."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("name")
        parser.add_argument("--branch", required=True, help="code of the branch whose cases it sees")
        parser.add_argument("--scopes", nargs="+", required=True, choices=Scope.values, metavar="SCOPE")
        parser.add_argument("--acts-for", help="username of the officer in whose name it may decide")
        parser.add_argument("--expires-days", type=_positive, default=365, help="how many days it is valid (365)")
        parser.add_argument(
            "--networks", nargs="+", default=[], metavar="NETWORK", help="the only ones it may call from"
        )
        parser.add_argument("--rate", type=_positive, default=REQUESTS_PER_MINUTE, help="requests a minute")

    def handle(self, *args: Any, name: str, scopes: list[str], **options: Any) -> None:
        try:
            key, text = api_key_create(
                name=name,
                branch=self._branch(options["branch"]),
                scopes=scopes,
                acts_for=self._officer(options["acts_for"]),
                expires_at=timezone.now() + timedelta(days=options["expires_days"]),
                networks=options["networks"],
                requests_per_minute=options["rate"],
                actor=SYSTEM,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"key: {text}")
        self.stderr.write(f"valid until {key.expires_at:%Y-%m-%d}")

    def _branch(self, code: str) -> Branch:
        branch = Branch.objects.filter(code=code).first()
        if branch is None:
            known = ", ".join(Branch.objects.values_list("code", flat=True)) or "none"
            raise CommandError(f"There is no branch {code}; known: {known}.")
        return branch

    def _officer(self, username: str | None) -> User | None:
        if username is None:
            return None
        officer = User.objects.filter(username=username, role__in=[Role.OFFICER, Role.SENIOR], is_active=True).first()
        if officer is None:
            raise CommandError(f"There is no active officer {username}.")
        return officer
