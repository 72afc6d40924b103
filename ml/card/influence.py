"""What moves the model: mean contributions, their spread over applicants, and partial dependence."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from ml.calibrate import Calibration
from ml.contributions import contributions
from ml.features.specification import Feature, Specification

Floats = NDArray[np.float64]
Matrix = NDArray[np.float32]
CONTRIBUTION_ROWS, DEPENDENCE_ROWS = 1000, 200
SWARM_FEATURES, SWARM_ROWS = 20, 400
DEPENDENCE_FEATURES, GRID_POINTS = 10, 15
GRID_ENDS = (0.02, 0.98)
BAND = (0.1, 0.9)


@dataclass(frozen=True)
class Importance:
    """The mean absolute contribution, in log-odds, of a feature or of a reason code's features together."""

    name: str
    mean_absolute: float


@dataclass(frozen=True)
class Dependence:
    """Mean probability of default when one feature is set to each of ``values`` for everybody.

    ``low`` and ``high`` hold the middle 80 % of applicants. For a category ``values`` are places among its
    categories.
    """

    name: str
    values: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Swarm:
    """Contributions of sampled applicants to draw: ``values`` and ``contributions`` have shape (rows, features)."""

    names: tuple[str, ...]
    values: Matrix
    contributions: Floats


@dataclass(frozen=True)
class Influence:
    """Features and reason codes in falling order of importance, the swarm of the first, their dependence."""

    rows: int
    features: tuple[Importance, ...]
    reasons: tuple[Importance, ...]
    dependence: tuple[Dependence, ...]
    swarm: Swarm


def influence(
    booster: lgb.Booster, calibration: Calibration, specification: Specification, matrix: Matrix, seed: int
) -> Influence:
    """Measure what moves the model on a seeded sample of ``matrix``, float32 of shape (n, features)."""
    random = np.random.default_rng(seed)
    sample = matrix[np.sort(random.permutation(len(matrix))[:CONTRIBUTION_ROWS])]
    found = contributions(booster, sample).values
    features = _ranked(dict(zip(specification.names, np.abs(found).mean(axis=0), strict=True)))
    top = [each.name for each in features[:DEPENDENCE_FEATURES] if each.mean_absolute > 0]
    rows = sample[:DEPENDENCE_ROWS]
    return Influence(
        rows=len(sample),
        features=features,
        reasons=_by_reason(found, specification),
        dependence=tuple(_dependence(booster, calibration, specification, rows, matrix, name) for name in top),
        swarm=_swarm([each.name for each in features[:SWARM_FEATURES]], specification, sample, found),
    )


def _ranked(totals: dict[str, float]) -> tuple[Importance, ...]:
    ranked = sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Importance(name, float(value)) for name, value in ranked)


def _by_reason(found: Floats, specification: Specification) -> tuple[Importance, ...]:
    """Contributions are summed within a reason before their size is taken, as in an applicant's reasons."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, feature in enumerate(specification.features):
        places[feature.reason_code].append(place)
    return _ranked({code: float(np.abs(found[:, at].sum(axis=1)).mean()) for code, at in places.items()})


def _swarm(names: list[str], specification: Specification, sample: Matrix, found: Floats) -> Swarm:
    places = [specification.names.index(name) for name in names]
    return Swarm(tuple(names), sample[:SWARM_ROWS, places], found[:SWARM_ROWS, places])


def _dependence(
    booster: lgb.Booster,
    calibration: Calibration,
    specification: Specification,
    rows: Matrix,
    matrix: Matrix,
    name: str,
) -> Dependence:
    place = specification.names.index(name)
    grid = _grid(specification.features[place], matrix[:, place])
    repeated = np.tile(rows, (len(grid), 1))
    repeated[:, place] = np.repeat(grid, len(rows))
    margin = np.asarray(booster.predict(repeated, raw_score=True, num_threads=1), dtype=np.float64)
    probability = calibration.probability(margin).reshape(len(grid), len(rows))
    low, high = np.quantile(probability, BAND, axis=1)
    lines = (grid, probability.mean(axis=1), low, high)
    return Dependence(name, *(tuple(float(value) for value in line) for line in lines))


def _grid(feature: Feature, values: Matrix) -> Matrix:
    known = values[~np.isnan(values)]
    if feature.dtype == "category" or len(np.unique(known[:CONTRIBUTION_ROWS])) <= GRID_POINTS:
        return np.unique(known)
    return np.unique(np.quantile(known, np.linspace(*GRID_ENDS, GRID_POINTS), method="nearest"))
