"""The few numbers that each role starts the day with; a room above adds its own with ``part``."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet, Value

from accounts.enums import Act
from accounts.models import User
from accounts.permissions import may
from common import formatting
from common.panels import Panel

COUNTED = 1000
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Tile:
    label: str
    number: str
    note: str
    url: str


@dataclass
class Home:
    tiles: list[Tile] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)


Part = Callable[[User, Home], None]
_parts: list[tuple[Act, Part]] = []


def part(act: Act) -> Callable[[Part], Part]:
    """Register what adds to the first page of those who may do ``act``; in the order of registration."""

    def register(function: Part) -> Part:
        _parts.append((act, function))
        return function

    return register


def home_of(user: User) -> Home:
    home = Home()
    for act, add in _parts:
        if may(user, act):
            add(user, home)
    return home


def counted(*lists: QuerySet[Any]) -> list[str]:
    """How many rows each list has, in one query; exact up to a thousand.

    Beyond that nobody acts on the digit, and counting a million rows would cost seconds.
    """
    few = [
        rows.order_by().annotate(place=Value(place)).values_list("place")[: COUNTED + 1]
        for place, rows in enumerate(lists)
    ]
    first, *others = few
    found = Counter(place for (place,) in (first.union(*others, all=True) if others else first))
    return [_capped(found[place]) for place in range(len(lists))]


def _capped(found: int) -> str:
    return f"{formatting.number(COUNTED)}+" if found > COUNTED else formatting.number(found)
