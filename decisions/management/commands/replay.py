"""Replay decisions: ``manage.py replay --all [--since 2026-01-01] [--limit 10000] [--json]``."""

import argparse
import gc
import json
import resource
import sys
import time
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date

from decisions.models import Decision
from decisions.replay import Replay, ReplayState, replay
from decisions.selectors import decisions_to_replay

EVERY = 500
COLLECTED = 50
NAMED = 100
SHOWN = 5


class Command(BaseCommand):
    help = (
        "Compute the score of every decision again and name each that is not equal to the last bit. "
        "Ends with 0 when all are equal, with 1 when one is not, with 2 when the call itself is wrong."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--all", action="store_true", required=True, help="every decision, the oldest first")
        parser.add_argument("--since", type=_day, help="decided on or after this day (YYYY-MM-DD)")
        parser.add_argument("--limit", type=_positive, help="at most so many")
        parser.add_argument(
            "--json",
            action="store_true",
            dest="as_json",
            help="the summary as one JSON object; progress goes to stderr",
        )

    def handle(self, *args: Any, since: date | None, limit: int | None, as_json: bool, **options: Any) -> None:
        tally, progress = Tally(), self.stderr if as_json else self.stdout
        for decision in decisions_to_replay(since=since, limit=limit):
            found = replay(decision.score)
            tally.add(decision, found)
            if found.state != ReplayState.EQUAL:
                self.stderr.write(_line(decision, found))
            if tally.replayed % COLLECTED == 0:
                gc.collect()  # a score and its explanation hold each other: left alone they pile up
            if tally.replayed % EVERY == 0:
                progress.write(f"{tally.replayed} replayed in {tally.seconds:.0f} s")
                progress.flush()
        self.stdout.write(tally.as_json() if as_json else tally.as_text())
        if not tally.all_equal:
            raise CommandError("Not every decision replays.", returncode=1)


class Tally:
    """What a run found; of those that are not equal, the first hundred by name."""

    def __init__(self) -> None:
        self.counts, self.started = dict.fromkeys(ReplayState, 0), time.monotonic()
        self.not_equal: list[dict[str, Any]] = []

    def add(self, decision: Decision, found: Replay) -> None:
        self.counts[found.state] += 1
        if found.state != ReplayState.EQUAL and len(self.not_equal) < NAMED:
            differences = [item.name for item in found.differences[:SHOWN]]
            self.not_equal.append(
                {"decision": str(decision.id), "state": found.state.value, "differences": differences}
            )

    @property
    def replayed(self) -> int:
        return sum(self.counts.values())

    @property
    def all_equal(self) -> bool:
        return self.replayed == self.counts[ReplayState.EQUAL]

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def as_text(self) -> str:
        said = ", ".join(f"{count} {state.value}" for state, count in self.counts.items())
        return f"{said}, {self.seconds:.1f} s, at most {_peak_megabytes():.0f} MB"

    def as_json(self) -> str:
        return json.dumps(
            {
                "replayed": self.replayed,
                **{state.value: count for state, count in self.counts.items()},
                "not_equal": self.not_equal,
                "seconds": round(self.seconds, 1),
                "peak_megabytes": round(_peak_megabytes()),
            }
        )


def _line(decision: Decision, found: Replay) -> str:
    names = ", ".join(item.name for item in found.differences[:SHOWN])
    return f"{decision.id}: {found.state.value}: {names} {' '.join(found.notes)}"


def _peak_megabytes() -> float:
    """Of this process; Linux counts in kilobytes, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024**2 if sys.platform == "darwin" else peak / 1024


def _day(text: str) -> date:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise argparse.ArgumentTypeError(f"{text} is no day: write YYYY-MM-DD.")
    return day


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of decisions.")
    return int(text)
