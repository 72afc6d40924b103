from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.services import administrator_create
from common.actors import SYSTEM


class Command(BaseCommand):
    help = "Create an administrator, who then creates branches and people at /admin/. The password is printed once."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        try:
            user, password = administrator_create(username=username, actor=SYSTEM)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"administrator: {user.username}\npassword: {password}")
