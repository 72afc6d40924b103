"""A new master key takes over: every person's key is wrapped anew. Stopped in the middle, it goes on where it was."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from common import crypto, ledger
from common.actors import SYSTEM
from common.models import SubjectKey


class Command(BaseCommand):
    help = "Wrap every person's key with the first master key, so that the earlier ones can be taken away."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("action", choices=["rotate", "verify"])
        parser.add_argument("--batch", type=int, default=500, help="keys in one transaction (default: %(default)s)")

    def handle(self, *args: Any, action: str, batch: int, **options: Any) -> None:
        done = rotate(max(1, batch)) if action == "rotate" else 0
        old, unreadable = verify()
        if unreadable:
            raise CommandError(f"{len(unreadable)} keys open with no master key; the first: {unreadable[0]}")
        if old and action == "rotate":
            raise CommandError(f"{old} keys came in under an earlier master key meanwhile: run this again.")
        said = f"{done} keys wrapped anew. " if action == "rotate" else ""
        rest = f"{old} keys still need an earlier master key." if old else "Every key opens with the first master key."
        self.stdout.write(said + rest)


def rotate(batch: int) -> int:
    done, after = 0, None
    while True:
        with transaction.atomic():
            rows = SubjectKey.objects.select_for_update().filter(wrapped_key__isnull=False).order_by("id")
            keys = list((rows if after is None else rows.filter(id__gt=after))[:batch])
            if not keys:
                return done
            changed = [key for key in keys if crypto.rewrap(key)]
            SubjectKey.objects.bulk_update(changed, ["wrapped_key"])
            if changed:
                ledger.record(
                    action="keys.rotated", subject=changed[-1], actor=SYSTEM, facts={"wrapped_anew": len(changed)}
                )
        done, after = done + len(changed), keys[-1].id


def verify() -> tuple[int, list[str]]:
    """How many keys still need an earlier master key, and which open with none."""
    old, unreadable = 0, []
    for key in SubjectKey.objects.filter(wrapped_key__isnull=False).order_by("id").iterator(chunk_size=2000):
        place = crypto.opened_by(key)
        if place is None:
            unreadable.append(str(key.id))
        elif place > 0:
            old += 1
    return old, unreadable
