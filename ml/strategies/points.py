"""A scorecard: each feature cut into a few bins, each bin worth whole points, a score is their sum."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from ml.errors import TrainingError
from ml.features.specification import Feature
from ml.scorecard import Scaling
from ml.strategies.learning import Floats, Matrix, Predict, Sample, check_classes
from ml.strategies.optimal_binning import OptimalBinning

# Under 0.02 a characteristic is held to be without predictive power. Source: Siddiqi (2017).
LEAST_INFORMATION_VALUE = 0.02
MOST_BINS, LEAST_SHARE_OF_A_BIN = 20, 0.05
TRENDS = {1: "ascending", -1: "descending", 0: "auto_asc_desc"}


@dataclass(frozen=True)
class PointsRow:
    """One bin of one characteristic. ``woe`` is ln(share of payers / share of defaulters): higher is safer."""

    feature: str
    label_en: str
    bin: str
    share: float
    default_rate: float
    woe: float
    points: int


@dataclass(frozen=True)
class _Characteristic:
    place: int
    feature: Feature
    binning: Any

    def woe(self, matrix: Matrix) -> Floats:
        values = np.asarray(matrix[:, self.place], dtype=np.float64)
        woe: Floats = self.binning.transform(values, metric="woe", metric_missing="empirical")
        return woe


@dataclass(frozen=True)
class PointsCard:
    """The characteristics of a scorecard with their weights in points per unit of WoE."""

    characteristics: tuple[_Characteristic, ...]
    weights: Floats
    base: float
    scaling: Scaling

    def points(self, matrix: Matrix) -> Floats:
        """Whole points, shape (n,), of rows of the matrix: higher is safer."""
        total = np.zeros(len(matrix))
        for characteristic, weight in zip(self.characteristics, self.weights, strict=True):
            total += np.round(self.base + weight * characteristic.woe(matrix))
        return total

    def margin(self, matrix: Matrix) -> Floats:
        """The log-odds of default that the points stand for, shape (n,)."""
        good_odds = (self.points(matrix) - self.scaling.base_points) / _factor(self.scaling)
        return -(good_odds + math.log(self.scaling.base_odds))

    def rows(self) -> tuple[PointsRow, ...]:
        """The card as a table, one row per bin that applicants fell into."""
        pairs = zip(self.characteristics, self.weights, strict=True)
        return tuple(row for each, weight in pairs for row in self._rows_of(each, weight))

    def as_list(self) -> list[dict[str, Any]]:
        """The table as JSON-ready values."""
        return [asdict(row) for row in self.rows()]

    def _rows_of(self, each: _Characteristic, weight: float) -> list[PointsRow]:
        table = each.binning.binning_table.build(add_totals=False)
        return [
            PointsRow(
                feature=each.feature.name,
                label_en=each.feature.label_en,
                bin=_bin_text(each.feature, row["Bin"]),
                share=float(row["Count (%)"]),
                default_rate=float(row["Event rate"]),
                woe=float(row["WoE"]),
                points=round(self.base + weight * float(row["WoE"])),
            )
            for row in table.to_dict("records")
            if row["Count"]
        ]


def learn_points(sample: Sample) -> Predict:
    """Fit a scorecard and predict by its whole points."""
    return fit_points(sample).margin


def fit_points(sample: Sample, scaling: Scaling | None = None) -> PointsCard:
    """Bin each feature, keep those that separate, weigh them, and scale to points.

    Each feature's default rate only rises or only falls from bin to bin: the way its monotone sign says, or
    the way the sample does where there is no sign; missing is a bin of its own. A characteristic whose weight
    would contradict its own bins is left out. Raises TrainingError ``one_class`` or ``no_characteristics``.
    Source: Siddiqi, Intelligent Credit Scoring (2017).
    """
    check_classes(sample)
    scaling = scaling or Scaling()
    kept = [each for each in _binned(sample) if each.binning.binning_table.iv >= LEAST_INFORMATION_VALUE]
    if not kept:
        message = f"No feature has an information value of {LEAST_INFORMATION_VALUE}: there is no scorecard."
        raise TrainingError("no_characteristics", message)
    woe = np.column_stack([each.woe(sample.inputs.matrix) for each in kept])
    places, slopes, intercept = _rising_weights(woe, sample.is_default)
    factor = _factor(scaling)
    offset = scaling.base_points - factor * math.log(scaling.base_odds)
    base = (offset - factor * intercept) / len(places)
    return PointsCard(tuple(kept[place] for place in places), factor * slopes, base, scaling)


def _binned(sample: Sample) -> list[_Characteristic]:
    features = sample.inputs.specification.features
    found = [_bin(sample, place, feature) for place, feature in enumerate(features)]
    return [each for each in found if each is not None]


def _bin(sample: Sample, place: int, feature: Feature) -> _Characteristic | None:
    values = np.asarray(sample.inputs.matrix[:, place], dtype=np.float64)
    if not np.isfinite(values).any():
        return None
    binning = OptimalBinning(
        name=feature.name,
        dtype="categorical" if feature.dtype == "category" else "numerical",
        monotonic_trend=TRENDS[feature.monotone],
        max_n_prebins=MOST_BINS,
        min_prebin_size=LEAST_SHARE_OF_A_BIN,
    ).fit(values, sample.is_default.astype(np.int64))
    binning.binning_table.build()
    return _Characteristic(place, feature, binning)


def _rising_weights(woe: Floats, is_default: Floats) -> tuple[list[int], Floats, float]:
    """Weights of the characteristics that keep a positive one, and the intercept; the worst leaves first."""
    places = list(range(woe.shape[1]))
    while True:
        model = LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=200).fit(-woe[:, places], is_default)
        slopes = model.coef_[0]
        if len(places) == 1 or slopes.min() > 0:
            return places, slopes, float(model.intercept_[0])
        del places[int(slopes.argmin())]


def _factor(scaling: Scaling) -> float:
    return scaling.points_to_double_odds / math.log(2)


def _bin_text(feature: Feature, found: Any) -> str:
    if isinstance(found, str):
        return found
    return ", ".join(feature.categories[int(code)] for code in found)
