"""What ``make backup`` runs once the servers are there."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from creditportal.backup.making import backup_make
from creditportal.embedded.errors import StartError
from creditportal.serve.progress import Progress
from creditportal.serve.signals import end_in_order


class Command(BaseCommand):
    help = "Write a new backup, and the folder of its keys, under FOLDER."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        end_in_order()
        progress = Progress()
        try:
            backup, keys = backup_make(to=folder.absolute(), tell=progress)
        except StartError as error:
            raise CommandError(str(error)) from error
        progress(f"backup  {backup}")
        progress(f"keys    {keys}  (keep this folder ELSEWHERE: with both, anybody reads everything)")
