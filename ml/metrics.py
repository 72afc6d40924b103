"""How well probabilities of default separate, are calibrated, and what they cost.

``is_default`` is an array of shape (n,) with 0 or 1; scores and probabilities are float, shape (n,),
higher = riskier. Every function refuses NaN and arrays of different lengths with ValueError.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit
from scipy.stats import norm, rankdata

Floats = NDArray[np.float64]
EPSILON = 1e-12
MOST_STEPS, STEP_TOLERANCE, WORST_CONDITION = 100, 1e-10, 1e14
NO_FIT = "The outcomes are separated or the scores are constant: no logistic fit exists."


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval."""

    value: float
    lower: float
    upper: float


def auc(is_default: ArrayLike, score: ArrayLike) -> float:
    """Chance that a random defaulter scores above a random non-defaulter; ties count one half.

    Returns: 0 to 1, 0.5 for chance. Raises ValueError when only one class is present.
    Source: Mann and Whitney (1947).

    >>> auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    labels, values = _both_classes(is_default, score)
    bad = int(labels.sum())
    good = len(labels) - bad
    ranks = rankdata(values)
    return float((ranks[labels == 1].sum() - bad * (bad + 1) / 2) / (bad * good))


def auc_interval(is_default: ArrayLike, score: ArrayLike, level: float = 0.95) -> Interval:
    """The AUC with DeLong's confidence interval, cut to 0 and 1.

    Source: DeLong, DeLong and Clarke-Pearson (1988), with mid-ranks after Sun and Xu (2014).

    >>> auc_interval([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4]).value
    1.0
    """
    labels, values = _both_classes(is_default, score)
    bad, good = values[labels == 1], values[labels == 0]
    m, n = len(bad), len(good)
    ranks = rankdata(np.concatenate([bad, good]))
    v10 = (ranks[:m] - rankdata(bad)) / n
    v01 = 1.0 - (ranks[m:] - rankdata(good)) / m
    value = float(v10.mean())
    variance = _variance(v10) / m + _variance(v01) / n
    half = float(norm.ppf(0.5 + level / 2) * np.sqrt(variance))
    return Interval(value, max(0.0, value - half), min(1.0, value + half))


def gini(is_default: ArrayLike, score: ArrayLike) -> float:
    """2 AUC - 1: 0 for chance, 1 for perfect separation; changes sign with the score.

    >>> gini([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.5
    """
    return 2.0 * auc(is_default, score) - 1.0


def ks(is_default: ArrayLike, score: ArrayLike) -> float:
    """Kolmogorov-Smirnov: greatest distance between the two classes' distribution functions, 0 to 1.

    >>> ks([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.5
    """
    labels, values = _both_classes(is_default, score)
    levels, place = np.unique(values, return_inverse=True)
    bad = np.bincount(place, weights=labels, minlength=len(levels))
    good = np.bincount(place, weights=1 - labels, minlength=len(levels))
    return float(np.abs(np.cumsum(bad) / bad.sum() - np.cumsum(good) / good.sum()).max())


def brier_score(is_default: ArrayLike, probability_of_default: ArrayLike) -> float:
    """Mean squared distance of the probability from the outcome: 0 is perfect. Source: Brier (1950).

    >>> brier_score([0, 1], [0.5, 0.5])
    0.25
    """
    labels, values = _checked(is_default, probability_of_default)
    return float(np.mean((values - labels) ** 2))


def average_precision(is_default: ArrayLike, score: ArrayLike) -> float:
    """Area under the precision-recall curve as a step function: the default rate for chance, 1 for perfect.

    Each defaulter counts the share of defaulters among all that score as high or higher; ties count together.
    Raises ValueError when only one class is present.

    >>> round(average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
    0.8333
    """
    labels, values = _both_classes(is_default, score)
    levels, place = np.unique(-values, return_inverse=True)
    bad = np.bincount(place, weights=labels, minlength=len(levels))
    found, seen = np.cumsum(bad), np.cumsum(np.bincount(place, minlength=len(levels)))
    return float((bad * found / seen).sum() / bad.sum())


def log_loss(is_default: ArrayLike, probability_of_default: ArrayLike) -> float:
    """Mean surprise at the outcome in nats: 0 is perfect; the base rate alone gives its entropy.

    >>> round(log_loss([0, 1], [0.5, 0.5]), 4)
    0.6931
    """
    labels, values = _checked(is_default, probability_of_default)
    values = np.clip(values, EPSILON, 1 - EPSILON)
    return float(-np.mean(np.where(labels == 1, np.log(values), np.log1p(-values))))


def calibration_slope_intercept(is_default: ArrayLike, probability_of_default: ArrayLike) -> tuple[float, float]:
    """Logistic regression of the outcome on the log-odds: slope 1 and intercept 0 when calibrated.

    A slope under 1 says the probabilities are too extreme. Source: Cox (1958).
    Raises ValueError when only one class is present or the classes are perfectly separated.
    """
    labels, values = _both_classes(is_default, probability_of_default)
    log_odds = logit(np.clip(values, EPSILON, 1 - EPSILON))
    slope, intercept = fit_logistic(log_odds[:, None], labels)
    return float(slope), float(intercept)


def fit_logistic(inputs: Floats, labels: Floats) -> Floats:
    """Weights of a logistic regression, the intercept last, by Newton's method with step halving.

    Parameters: ``inputs`` of shape (n, k); ``labels`` 0 or 1, shape (n,).
    Raises ValueError when no finite weights exist: separated classes, constant inputs.
    """
    # in units of each column's own spread: one near-empty end of a calibration must not look singular
    centre, spread = inputs.mean(axis=0), inputs.std(axis=0)
    if not np.all(spread > 0):
        raise ValueError(NO_FIT)
    weights = _newton(np.column_stack([(inputs - centre) / spread, np.ones(len(inputs))]), labels)
    slopes = weights[:-1] / spread
    return np.append(slopes, weights[-1] - slopes @ centre)


def _newton(design: Floats, labels: Floats) -> Floats:
    weights = np.zeros(design.shape[1])
    weights[-1] = logit(np.clip(labels.mean(), EPSILON, 1 - EPSILON))
    for _ in range(MOST_STEPS):
        fitted = expit(design @ weights)
        hessian = design.T @ (design * (fitted * (1 - fitted))[:, None])
        if not np.linalg.cond(hessian) < WORST_CONDITION:
            break
        step = np.linalg.solve(hessian, design.T @ (labels - fitted))
        if np.abs(step).max() < STEP_TOLERANCE * max(1.0, float(np.abs(weights).max())):
            return weights + step
        weights = weights + _shortened(step, design, weights, labels)
    raise ValueError(NO_FIT)


def _shortened(step: Floats, design: Floats, weights: Floats, labels: Floats) -> Floats:
    """The step, halved until the likelihood does not fall: a full one overshoots on few defaults."""
    before = _log_likelihood(design @ weights, labels)
    least = before - STEP_TOLERANCE * abs(before)  # near the top a step moves it by less than rounding does
    while _log_likelihood(design @ (weights + step), labels) < least:
        step = step / 2
    return step


def _log_likelihood(log_odds: Floats, labels: Floats) -> float:
    return float(np.sum(labels * log_odds - np.logaddexp(0.0, log_odds)))


def is_declined(probability_of_default: ArrayLike, cutoff: float) -> NDArray[np.bool_]:
    """True where the probability lies over the cutoff.

    >>> is_declined([0.05, 0.1, 0.2], 0.1).tolist()
    [False, False, True]
    """
    return np.asarray(probability_of_default, dtype=np.float64) > cutoff


def cost_per_client(
    is_default: ArrayLike,
    declined: ArrayLike,
    *,
    cost_false_negative: float = 10.0,
    cost_false_positive: float = 1.0,
) -> float:
    """Mean cost: each approved defaulter ``cost_false_negative``, each declined payer ``cost_false_positive``.

    >>> cost_per_client([0, 0, 1, 1], [True, False, False, True])
    2.75
    """
    labels, refused = _checked(is_default, np.asarray(declined, dtype=np.float64))
    wrongly_granted = np.mean((labels == 1) & (refused == 0))
    wrongly_refused = np.mean((labels == 0) & (refused == 1))
    return float(cost_false_negative * wrongly_granted + cost_false_positive * wrongly_refused)


def approval_rate(declined: ArrayLike) -> float:
    """Share of applications not declined, 0 to 1.

    >>> approval_rate([True, False, False, False])
    0.75
    """
    refused = np.asarray(declined, dtype=bool)
    if refused.size == 0:
        raise ValueError("No applications.")
    return float(1.0 - refused.mean())


def _variance(values: Floats) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0


def _checked(is_default: ArrayLike, score: ArrayLike) -> tuple[Floats, Floats]:
    labels, values = np.asarray(is_default, dtype=np.float64), np.asarray(score, dtype=np.float64)
    if labels.ndim != 1 or labels.shape != values.shape or labels.size == 0:
        raise ValueError(f"Two arrays of one length are needed, got {labels.shape} and {values.shape}.")
    if np.isnan(labels).any() or np.isnan(values).any():
        raise ValueError("NaN among the outcomes or the scores.")
    if not np.isin(labels, (0.0, 1.0)).all():
        raise ValueError("Outcomes are 0 or 1.")
    return labels, values


def _both_classes(is_default: Any, score: Any) -> tuple[Floats, Floats]:
    labels, values = _checked(is_default, score)
    if labels.min() == labels.max():
        raise ValueError("Only one class is present: defaulters and payers are both needed.")
    return labels, values
