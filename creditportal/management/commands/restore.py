"""The database's part of ``make restore``, which puts keys and bundles in their places before."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from creditportal.backup.restoring import database_restore
from creditportal.embedded.errors import StartError
from creditportal.serve.progress import Progress
from creditportal.serve.signals import end_in_order


class Command(BaseCommand):
    help = "Restore the backup FOLDER into the empty database and prove it."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--role", default="", help="the restricted role the portal connects as")

    def handle(self, *args: Any, folder: Path, role: str, **options: Any) -> None:
        end_in_order()
        try:
            database_restore(folder=folder.absolute(), role=role, tell=Progress())
        except StartError as error:
            raise CommandError(str(error)) from error
