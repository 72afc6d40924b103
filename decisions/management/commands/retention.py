"""End what was kept long enough: beat does it every hour, this command at once or for show."""

from typing import Any

from django.core.management.base import BaseCommand

from decisions.privacy.services import BATCH, retention_run


class Command(BaseCommand):
    help = "Erase the people whose period is over and whom nothing holds, and old answers to other systems."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("action", choices=["run"])
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        parser.add_argument("--batch", type=int, default=BATCH, help="how many people at a time (default: %(default)s)")

    def handle(self, *args: Any, dry_run: bool, batch: int, **options: Any) -> None:
        people, answers = 0, 0
        while True:
            done = retention_run(limit=max(1, batch), dry_run=dry_run)
            people, answers = people + len(done.applicants), answers + done.answers
            for applicant_id in done.applicants:
                self.stdout.write(f"{'would erase' if dry_run else 'erased'} {applicant_id}")
            if dry_run or not (done.applicants or done.answers):
                break
        verb = "would be" if dry_run else "were"
        self.stdout.write(f"{people} people {verb} erased, {answers} answers to systems {verb} deleted")
