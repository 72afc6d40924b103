from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import ApiKey
from accounts.services import api_key_revoke
from common.actors import SYSTEM


class Command(BaseCommand):
    help = "Revoke an API key at once."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("prefix", help="the part of the key before the dot")

    def handle(self, *args: Any, prefix: str, **options: Any) -> None:
        key = ApiKey.objects.filter(prefix=prefix, revoked_at=None).first()
        if key is None:
            raise CommandError(f"There is no key {prefix} in use.")
        api_key_revoke(key=key, actor=SYSTEM)
        self.stdout.write(f"revoked: {key}")
