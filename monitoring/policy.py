"""When a movement is worth a look or an alarm: pure functions on plain values."""

from collections.abc import Iterable

from ml.stability import stability_state
from monitoring.enums import Level

# Under fifty rows one bin of ten holds five people: the index then measures chance.
FEWEST_ROWS = 50

_ORDER = (Level.UNJUDGED, Level.STABLE, Level.WATCH, Level.ALARM)


def level_of(value: float, current_count: int) -> Level:
    """The level of a PSI or CSI, or that there are too few rows to say."""
    return Level(stability_state(value)) if enough_to_judge(current_count) else Level.UNJUDGED


def enough_to_judge(current_count: int) -> bool:
    return current_count >= FEWEST_ROWS


def worst(levels: Iterable[str]) -> Level:
    """One feature in alarm is an alarm: averages over features hide what moved."""
    return max((Level(level) for level in levels), key=_ORDER.index, default=Level.UNJUDGED)


def severity(level: str) -> int:
    return _ORDER.index(Level(level))
