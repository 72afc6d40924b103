"""The people an applicant is compared with, from the sample of training rows that the model's signed bundle holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explanations.comparison import Crowd, nearest
from ml.features import Feature
from ml.model import ScoringModel

MAIN_FEATURES = 6
SIMILAR_SHARE = 0.1
MOSTLY_WHOLE = 0.85


@dataclass(frozen=True)
class ReferenceCrowds:
    """``similar`` and ``approvable`` are None for a feature of the histories, of which only shares are kept."""

    everybody: Crowd
    similar: Crowd | None
    approvable: Crowd | None


def comparable(model: ScoringModel) -> list[Feature]:
    """What may be compared: everything the model reads that may be given as a reason, so neither age nor the like."""
    return [feature for feature in model.specification.features if feature.reason_allowed]


def main_features(model: ScoringModel) -> list[Feature]:
    """What makes people alike to this model: of each of its heaviest reasons, the feature that weighs most."""
    weights = model.importance or _gains(model)
    ranked = sorted(_of_reference(model), key=lambda feature: (-weights.get(feature.name, 0.0), feature.name))
    by_reason: dict[str, Feature] = {}
    for feature in ranked:
        by_reason.setdefault(feature.reason_code, feature)
    return list(by_reason.values())[:MAIN_FEATURES]


def is_of_reference(model: ScoringModel, name: str) -> bool:
    return bool(model.of_application[model.feature_names.index(name)])


def reference_crowds(
    model: ScoringModel, values: Mapping[str, Any], names: list[str], cutoff: float
) -> ReferenceCrowds:
    """The reference applicants with their values of ``names``, who are similar, and who are under the cutoff."""
    if not all(is_of_reference(model, name) for name in names):
        return ReferenceCrowds(_percentiles(model, names), None, None)
    matrix = model.reference_matrix
    columns = {name: _column(model, name) for name in names}
    similar = similar_rows(model, values)
    probability = model.reference["probability_of_default"].to_numpy(dtype=np.float64)
    return ReferenceCrowds(
        everybody=Crowd(len(matrix), columns),
        similar=_some(columns, similar),
        approvable=_some(columns, np.flatnonzero(probability <= cutoff)),
    )


def similar_rows(model: ScoringModel, values: Mapping[str, Any]) -> NDArray[Any]:
    features = main_features(model)
    columns = {feature.name: _column(model, feature.name) for feature in features}
    coded = frozenset(feature.name for feature in features if feature.dtype == "category")
    return nearest(columns, values, coded, round(len(model.reference_matrix) * SIMILAR_SHARE))


def _of_reference(model: ScoringModel) -> list[Feature]:
    return [feature for feature in comparable(model) if is_of_reference(model, feature.name)]


def _gains(model: ScoringModel) -> dict[str, float]:
    gains = model.booster.feature_importance("gain")
    return dict(zip(model.feature_names, (float(gain) for gain in gains), strict=True))


def _column(model: ScoringModel, name: str) -> NDArray[np.float64]:
    return model.reference_matrix[:, model.feature_names.index(name)].astype(np.float64)


def _some(columns: Mapping[str, NDArray[np.float64]], rows: NDArray[Any]) -> Crowd:
    return Crowd(len(rows), {name: column[rows] for name, column in columns.items()})


def _percentiles(model: ScoringModel, names: list[str]) -> Crowd:
    """The frozen percentiles stand for the people, and as many absent ones as there were."""
    people = model.population.rows
    return Crowd(people, {name: _spread(model, name) for name in names}, is_persons=False)


def _spread(model: ScoringModel, name: str) -> NDArray[np.float64]:
    bins = model.population.feature(name)
    if bins.categories:
        counts = [round(share * 1000) for share in bins.proportions]
        codes = [float(code) for code in range(len(bins.categories))] + [np.nan]
        return np.repeat(np.array(codes), counts)
    known = _as_counted(np.asarray(bins.quantiles, dtype=np.float64))
    missing = bins.proportions[-1]
    absent = round(len(known) * missing / (1 - missing)) if missing < 1 else 1
    return np.concatenate([known, np.full(absent, np.nan)])


def _as_counted(percentiles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of what is counted, a percentile between two counts is one of them: nobody has 0.46 loans."""
    whole = np.rint(percentiles)
    return whole if np.mean(percentiles == whole) >= MOSTLY_WHOLE else percentiles
