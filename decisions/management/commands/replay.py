"""Replay decisions: ``manage.py replay --all [--since 2026-01-01] [--limit 10000]``."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date

from decisions.replay import ReplayState, replay
from decisions.selectors import decisions_to_replay

EVERY = 500


class Command(BaseCommand):
    help = "Compute the score of every decision again and name each that is not equal to the last bit."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--all", action="store_true", required=True, help="every decision, the oldest first")
        parser.add_argument("--since", help="decided on or after this day (YYYY-MM-DD)")
        parser.add_argument("--limit", type=int, help="at most so many")

    def handle(self, *args: Any, since: str | None, limit: int | None, **options: Any) -> None:
        day = _day(since) if since else None
        counts, started = dict.fromkeys(ReplayState, 0), time.monotonic()
        for number, decision in enumerate(decisions_to_replay(since=day, limit=limit), 1):
            found = replay(decision.score)
            counts[found.state] += 1
            if found.state != ReplayState.EQUAL:
                names = ", ".join(item.name for item in found.differences[:5])
                self.stderr.write(f"{decision.id}: {found.state.value}: {names} {' '.join(found.notes)}")
            if number % EVERY == 0:
                self.stdout.write(f"{number} replayed in {time.monotonic() - started:.0f} s")
        said = ", ".join(f"{count} {state.value}" for state, count in counts.items())
        self.stdout.write(f"{said}, {time.monotonic() - started:.1f} s")
        if sum(counts.values()) != counts[ReplayState.EQUAL]:
            raise CommandError("Not every decision replays.", returncode=1)


def _day(text: str) -> Any:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise CommandError(f"{text} is no day: write YYYY-MM-DD.")
    return day
