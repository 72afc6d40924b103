"""Our figures of one run: PSI of the score, CSI per feature, share under the cutoff. No database, no clock."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ml.model import ScoringModel
from ml.stability import FLOOR, CsiRow, FrozenBins, csi_table, score_psi
from monitoring.current import Matrix
from monitoring.enums import Kind, Level
from monitoring.policy import chance_bound, enough_to_judge, level_of


@dataclass(frozen=True)
class Measure:
    kind: Kind
    value: float
    level: Level
    reference_count: int
    current_count: int
    feature: str = ""
    missing_reference: float | None = None
    missing_current: float | None = None
    bins: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


def measures(model: ScoringModel, matrix: Matrix) -> list[Measure]:
    """Every figure of the current applicants against the bins frozen with the model; ``matrix`` has rows."""
    population = model.population
    probability = model.predict(matrix).probability_of_default
    by_name = {name: matrix[:, place] for place, name in enumerate(model.feature_names)}
    features = [
        _measure(Kind.CSI, row, population.feature(row.feature), by_name[row.feature], population.rows)
        for row in csi_table(population, matrix)
    ]
    score = _measure(Kind.PSI, score_psi(population, probability), population.probability, probability, population.rows)
    return [score, _under_cutoff(model, probability), *features]


def _measure(kind: Kind, row: CsiRow, bins: FrozenBins, values: Any, reference_count: int) -> Measure:
    counts = bins.counts(values)
    classes = int(np.count_nonzero((counts > 0) | (np.asarray(bins.proportions) > 0)))
    chance = chance_bound(classes, reference_count, len(values))
    return Measure(
        kind=kind,
        feature=row.feature if kind == Kind.CSI else "",
        value=row.csi,
        level=level_of(row.csi, len(values), chance),
        reference_count=reference_count,
        current_count=len(values),
        missing_reference=row.reference_missing,
        missing_current=row.current_missing,
        bins={
            "edges": list(bins.edges),
            "categories": list(bins.categories),
            "reference": list(row.reference_proportions),
            "current": list(row.current_proportions),
            "counts": [int(count) for count in counts],
        },
        facts={"floor": FLOOR, "chance": chance},
    )


def _under_cutoff(model: ScoringModel, probability: Any) -> Measure:
    """The current share under the cutoff, beside what training saw on applicants it had held out."""
    return Measure(
        kind=Kind.UNDER_CUTOFF,
        value=float(np.mean(probability <= model.cutoff)),
        level=Level.STABLE if enough_to_judge(len(probability)) else Level.UNJUDGED,
        reference_count=model.population.rows,
        current_count=len(probability),
        facts={
            "expected": float(model.manifest["metrics"][0]["approval_rate"]),
            "cutoff": model.cutoff,
            "mean_probability": float(np.mean(probability)),
        },
    )
