"""Score points and risk grades of a probability of default."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from ml.errors import BundleError

LEAST = 1e-9


@dataclass(frozen=True)
class Scaling:
    """How points and grades are read off a probability of default.

    ``base_points`` at good-to-bad odds of ``base_odds``, ``points_to_double_odds`` more for each
    doubling, rounded and cut to ``least_points`` .. ``most_points``. ``grades``: letter and the
    probability it stays under, safest first; the last takes the rest.
    """

    base_points: float = 600.0
    base_odds: float = 20.0
    points_to_double_odds: float = 40.0
    least_points: int = 300
    most_points: int = 900
    grades: tuple[tuple[str, float], ...] = (
        ("A", 0.02),
        ("B", 0.04),
        ("C", 0.06),
        ("D", 0.09),
        ("E", 0.15),
        ("F", 0.25),
        ("G", 1.0),
    )

    def as_dict(self) -> dict[str, Any]:
        """The scaling as JSON-ready values; :meth:`from_dict` is the way back."""
        return {**asdict(self), "grades": [list(band) for band in self.grades]}

    @classmethod
    def from_dict(cls, entry: dict[str, Any]) -> Scaling:
        """Rebuild from a manifest; raises BundleError when the grade bands do not rise."""
        grades = tuple((str(letter), float(limit)) for letter, limit in entry["grades"])
        limits = [limit for _, limit in grades]
        if not limits or limits != sorted(set(limits)):
            raise BundleError("bundle_manifest_wrong", "The grade bands of the bundle do not rise.")
        return cls(**{**entry, "grades": grades})


def score_points(probability_of_default: float, scaling: Scaling) -> int:
    """Points of one probability (0 to 1): higher is safer.

    Source: Siddiqi, Intelligent Credit Scoring (2017), scaling by points to double the odds.

    >>> score_points(1 / 21, Scaling()), score_points(1 / 41, Scaling())
    (600, 640)
    """
    probability = min(max(probability_of_default, LEAST), 1.0 - LEAST)
    odds = (1.0 - probability) / probability
    points = scaling.base_points + scaling.points_to_double_odds * math.log2(odds / scaling.base_odds)
    return min(max(round(points), scaling.least_points), scaling.most_points)


def risk_grade(probability_of_default: float, scaling: Scaling) -> str:
    """Grade of one probability (0 to 1), A the safest.

    >>> [risk_grade(p, Scaling()) for p in (0.01, 0.02, 0.5, 1.0)]
    ['A', 'B', 'G', 'G']
    """
    for letter, limit in scaling.grades:
        if probability_of_default < limit:
            return letter
    return scaling.grades[-1][0]
