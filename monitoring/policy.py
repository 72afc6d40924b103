"""When a movement is worth a look or an alarm: pure functions on plain values."""

from collections.abc import Iterable

from scipy.special import chdtri

from ml.stability import stability_state
from monitoring.enums import Level

# Under fifty rows one bin of ten holds five people: the index then measures chance.
FEWEST_ROWS = 50
CHANCE = 0.01

_ORDER = [Level.STABLE, Level.UNJUDGED, Level.WATCH, Level.ALARM]


def level_of(value: float, current_count: int, chance: float) -> Level:
    """The level of a PSI or CSI, or that there are too few rows to say: in all, or for so many classes."""
    if not enough_to_judge(current_count):
        return Level.UNJUDGED
    level = Level(stability_state(value))
    return Level.UNJUDGED if level != Level.STABLE and value <= chance else level


def chance_bound(classes: int, reference_count: int, current_count: int) -> float:
    """What a PSI over so many classes stays under in 99 of 100 windows when nothing moved.

    The index over (1/n + 1/m) then follows a chi-square with classes - 1 degrees of freedom (Yurdakul, 2018).
    """
    if classes < 2:
        return 0.0
    return float(chdtri(classes - 1, CHANCE)) * (1 / reference_count + 1 / current_count)


def enough_to_judge(current_count: int) -> bool:
    return current_count >= FEWEST_ROWS


def worst(levels: Iterable[str]) -> Level:
    """One feature in alarm is an alarm: averages over features hide what moved. What cannot be judged is not stable."""
    return max((Level(level) for level in levels), key=_ORDER.index, default=Level.UNJUDGED)
