"""Everything a model card shows that the manifest does not hold, computed once from a training outcome."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from ml import metrics
from ml.card.curves import Curves, curves, resampled_intervals
from ml.card.influence import Influence, influence
from ml.contract import Contract
from ml.fairness import GroupFigures, group_figures, wilson_interval
from ml.folds import stratified_folds
from ml.groups import Grouping, protected_groupings, segment_groupings
from ml.metrics import Interval, is_declined
from ml.stability import freeze_bins, psi
from ml.train import TrainingOutcome

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Groups:
    """One way to group applicants and how each group fares; names are (English, French)."""

    name: str
    label: tuple[str, str]
    labels: tuple[tuple[str, str], ...]
    figures: tuple[GroupFigures, ...]


@dataclass(frozen=True)
class FoldFigures:
    """One fold judged by the model of the other folds; ``psi`` of its probabilities against those of the others."""

    rows: int
    auc: Interval
    ks: float
    brier: float
    expected: float
    observed: Interval
    psi: float


@dataclass(frozen=True)
class Evidence:
    """Out-of-fold evidence; ``figures`` are the model's, each with its 95 % interval."""

    figures: dict[str, Interval]
    curves: Curves
    influence: Influence
    folds: tuple[FoldFigures, ...]
    fairness: tuple[Groups, ...]
    segments: tuple[Groups, ...]

    def as_json(self) -> bytes:
        """The aggregates as JSON: all but the sampled applicants of the swarm."""
        content = asdict(self)
        del content["influence"]["swarm"]
        return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()


def gather_evidence(outcome: TrainingOutcome, contract: Contract) -> Evidence:
    """Measure what the card shows; every random choice follows the training's seed."""
    data, seed = outcome.data, outcome.config.seed
    is_default, probability = data.is_default, outcome.out_of_fold
    declined = is_declined(probability, outcome.cutoff)
    fold = stratified_folds(is_default, outcome.config.folds, seed)
    protected = protected_groupings(contract, data.frame)
    segments = segment_groupings(contract, data.frame, data.matrix)
    return Evidence(
        figures=_figures(outcome, declined),
        curves=curves(is_default, probability, outcome.costs),
        influence=influence(outcome.booster, outcome.calibration, outcome.specification, data.matrix, seed),
        folds=tuple(_fold(is_default, probability, fold == number) for number in np.unique(fold)),
        fairness=tuple(_groups(grouping, is_default, probability, declined) for grouping in protected),
        segments=tuple(_groups(grouping, is_default, probability, declined) for grouping in segments),
    )


def _figures(outcome: TrainingOutcome, declined: NDArray[np.bool_]) -> dict[str, Interval]:
    is_default, probability = outcome.data.is_default, outcome.out_of_fold
    auc = metrics.auc_interval(is_default, probability)
    costs, approved = outcome.costs, ~declined
    cost = costs.false_negative * (is_default * approved) + costs.false_positive * ((1 - is_default) * declined)
    return {
        "auc": auc,
        "gini": Interval(2 * auc.value - 1, 2 * auc.lower - 1, 2 * auc.upper - 1),
        **resampled_intervals(is_default, probability, outcome.config.seed),
        "brier": _mean_interval((probability - is_default) ** 2),
        "cost_per_client": _mean_interval(cost),
        "approval_rate": wilson_interval(int(approved.sum()), len(approved)),
        **_default_among(is_default, approved),
    }


def _default_among(is_default: Floats, approved: NDArray[np.bool_]) -> dict[str, Interval]:
    if not approved.any():
        return {}
    return {"default_rate_approved": wilson_interval(int(is_default[approved].sum()), int(approved.sum()))}


def _mean_interval(values: Floats) -> Interval:
    """A mean with its normal 95 % interval."""
    half = float(norm.ppf(0.975) * values.std(ddof=1) / np.sqrt(len(values)))
    return Interval(float(values.mean()), float(values.mean()) - half, float(values.mean()) + half)


def _fold(is_default: Floats, probability: Floats, inside: NDArray[np.bool_]) -> FoldFigures:
    labels, values = is_default[inside], probability[inside]
    bins = freeze_bins("probability_of_default", probability[~inside])
    counts = bins.counts(values)
    return FoldFigures(
        rows=len(labels),
        auc=metrics.auc_interval(labels, values),
        ks=metrics.ks(labels, values),
        brier=metrics.brier_score(labels, values),
        expected=float(values.mean()),
        observed=wilson_interval(int(labels.sum()), len(labels)),
        psi=psi(bins.proportions, counts / counts.sum()),
    )


def _groups(grouping: Grouping, is_default: Floats, probability: Floats, declined: NDArray[np.bool_]) -> Groups:
    width = len(str(len(grouping.labels)))
    group = np.char.zfill(grouping.place.astype(np.str_), width)
    figures = group_figures(group, is_default, probability, declined)
    labels = tuple(grouping.labels[int(each.group)] for each in figures)
    return Groups(grouping.name, grouping.label, labels, figures)
