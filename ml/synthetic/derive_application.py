"""Derives the application table's parameters: marginals, dependence and effects on default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from ml.synthetic import aggregates as a
from ml.synthetic.application import assemble, draw_drivers, level_key, normal_score, to_frame
from ml.synthetic.drivers import OF_EMPLOYED, application_drivers, code_drivers
from ml.synthetic.marginals import MISSING, Floats, Grid, marginal_from_json
from ml.synthetic.parameters import ApplicationParameters

# Drawn given another category: the pairs whose joint rates matter most to a reader of a file.
PARENTS = {
    "OCCUPATION_TYPE": "CODE_GENDER",
    "ORGANIZATION_TYPE": "OCCUPATION_TYPE",
    "NAME_FAMILY_STATUS": "CODE_GENDER",
    "WEEKDAY_APPR_PROCESS_START": "",
}
STEPS = {"AMT_INCOME_TOTAL": 450.0, "AMT_GOODS_PRICE": 4500.0}
SIMULATED = 20_000
ROUNDS = 6
# Ridge strength of the effects on default: few defaults, many correlated drivers.
RIDGE = 0.02


def derive_application(frame: pd.DataFrame, *, boost: float, progress: Callable[[str], None]) -> dict[str, Any]:
    """Documents of parameters by file stem, from genuine applications with ``TARGET``.

    Parameters
    ----------
    frame : application rows, shape (n, 122).
    boost : factor on the effects, set so that a plain model's AUC on drawn rows meets the genuine one.
    progress : told each step.
    """
    drivers = application_drivers(frame)
    order = {name: _level_order(drivers[name], frame["TARGET"]) for name in drivers if _is_text(drivers[name])}
    marginals = _ordered({name: _marginal(name, drivers, order) for name in drivers})
    coded = code_drivers(drivers[list(marginals)], order)
    progress("dependence")
    parameters = _parameters(frame, marginals, a.rank_correlation(coded))
    correlation = _matched(parameters, coded, order, progress)
    parameters = replace(parameters, factor=nearest_factor(correlation))
    progress("effects on default")
    risk = _risk(parameters, drivers, frame["TARGET"].to_numpy(), boost)
    lower = np.tril_indices(len(marginals), -1)
    application = {
        "columns": list(parameters.columns),
        "integers": sorted(parameters.integers),
        "drivers": marginals,
        "risk": risk,
    }
    correlations = {"latent": correlation, "observed": a.rank_correlation(coded)}
    return {
        "application": application,
        "correlation": {name: [round(v * 1000) for v in matrix[lower]] for name, matrix in correlations.items()},
    }


def _is_text(values: pd.Series) -> bool:
    return not pd.api.types.is_numeric_dtype(values)


def _level_order(values: pd.Series, target: pd.Series) -> list[str]:
    """Categories from safe to risky, rare ones drawn to the mean."""
    table = target.groupby(values.fillna(MISSING)).agg(["sum", "size"])
    rate = (table["sum"] + 100 * target.mean()) / (table["size"] + 100)
    return [str(name) for name in rate.sort_values(kind="stable").index]


def _marginal(name: str, drivers: pd.DataFrame, order: dict[str, list[str]]) -> dict[str, Any]:
    values = drivers[name]
    if name in order:
        return _category(name, drivers, order[name])
    common = values.value_counts()
    if (common >= a.PEOPLE).sum() <= a.MOST_LEVELS and common[common >= a.PEOPLE].sum() >= 0.99 * common.sum():
        return a.levels_of(values.dropna())
    whole = bool((values.dropna() % 1 == 0).all())
    return a.grid_of(values.dropna(), step=STEPS.get(name, 1.0 if whole else 0.0))


def _category(name: str, drivers: pd.DataFrame, order: list[str]) -> dict[str, Any]:
    values = drivers[name]
    if name in OF_EMPLOYED:
        employed = drivers["ORGANIZATION_TYPE"].notna()
        values, drivers = values[employed], drivers[employed]
    entry = a.levels_of(values, order)
    parent = PARENTS.get(name, "")
    if not parent:
        return entry
    return entry | {"parent": parent, "rates_by_parent": a.rates_by_parent(values, drivers[parent], entry["values"])}


def _ordered(marginals: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Parents before the columns drawn given them; rare yes/no columns share one rate."""
    depth = {name: 1 + bool(PARENTS.get(PARENTS[name], "")) if PARENTS.get(name) else 0 for name in marginals}
    return {name: marginals[name] for name in sorted(marginals, key=lambda n: depth[n])}


def _parameters(frame: pd.DataFrame, marginals: dict[str, Any], correlation: Floats) -> ApplicationParameters:
    integers = [c for c in frame if not _is_text(frame[c]) and frame[c].notna().all() and (frame[c] % 1 == 0).all()]
    return ApplicationParameters(
        columns=tuple(frame.columns),
        integers=frozenset(c for c in integers if not c.startswith("AMT_")),
        drivers={name: marginal_from_json(entry) for name, entry in marginals.items()},
        factor=nearest_factor(correlation),
        observed=correlation,
        risk={},
    )


def _matched(
    parameters: ApplicationParameters, coded: pd.DataFrame, order: dict[str, list[str]], progress: Callable[[str], None]
) -> Floats:
    """Latent correlations whose drawn tables, rules included, have the genuine rank correlations."""
    wanted = a.rank_correlation(coded)
    latent = 2.0 * np.sin(np.pi / 6.0 * wanted)
    for turn in range(ROUNDS):
        rng = np.random.default_rng(turn)
        now = replace(parameters, factor=nearest_factor(latent))
        columns = assemble(draw_drivers(now, SIMULATED, rng), rng)
        blank = {"SK_ID_CURR": np.zeros(SIMULATED), "TARGET": np.zeros(SIMULATED)}
        drawn = application_drivers(to_frame(parameters, columns | blank))[list(coded)]
        gap = wanted - a.rank_correlation(code_drivers(drawn, order))
        progress(f"dependence, round {turn + 1} of {ROUNDS}: mean gap {np.abs(gap).mean():.4f}")
        latent = np.clip(now.factor @ now.factor.T + gap, -0.995, 0.995)
        np.fill_diagonal(latent, 1.0)
    return now.factor @ now.factor.T


def nearest_factor(correlation: Floats) -> Floats:
    """A matrix L with unit rows and L @ L.T near ``correlation``, shape (k, k), even if that is not definite."""
    values, vectors = np.linalg.eigh(correlation)
    factor: Floats = vectors * np.sqrt(np.clip(values, 1e-6, None))
    unit: Floats = factor / np.linalg.norm(factor, axis=1, keepdims=True)
    return unit


def _risk(parameters: ApplicationParameters, drivers: pd.DataFrame, target: Any, boost: float) -> dict[str, Any]:
    curves, levels = _effect_columns(parameters, drivers)
    design = np.column_stack([*(c for pair in curves.values() for c in pair), *levels.values()])
    model = LogisticRegression(C=RIDGE, max_iter=400).fit(design, target)
    effects = model.coef_[0] * boost
    log_odds = design @ effects
    intercept = _intercept(log_odds, float(target.mean()))
    split = 2 * len(curves)
    documents: dict[str, Any] = {name: {} for name, _ in levels}
    for (name, key), effect in zip(levels, effects[split:], strict=True):
        documents[name][key] = round(float(effect), 4)
    pairs = effects[:split].reshape(-1, 2)
    return {
        "intercept": round(intercept, 4),
        "mean": round(float(log_odds.mean() + intercept), 4),
        "sd": round(float(log_odds.std()), 4),
        "curves": {
            n: {"linear": round(float(p[0]), 4), "above": round(float(p[1]), 4)}
            for n, p in zip(curves, pairs, strict=True)
        },
        "levels": documents,
        "latent_weights": {"score": 0.6, "outcome": 0.3, "noise": 0.74},
    }


def _effect_columns(
    parameters: ApplicationParameters, drivers: pd.DataFrame
) -> tuple[dict[str, Any], dict[Any, Floats]]:
    curves, levels = {}, {}
    for name, marginal in parameters.drivers.items():
        if isinstance(marginal, Grid):
            score = normal_score(marginal, drivers[name].to_numpy(dtype=np.float64))
            curves[name] = (score, np.maximum(score, 0.0))
            continue
        for value in marginal.values:
            same = drivers[name].isna() if value == MISSING else drivers[name] == value
            if a.PEOPLE <= same.sum() <= len(drivers) - a.PEOPLE:
                levels[name, level_key(value)] = same.to_numpy(dtype=np.float64)
    return curves, levels


def _intercept(log_odds: Floats, rate: float) -> float:
    """The constant that makes the mean probability equal ``rate``, by Newton's steps."""
    constant = float(logit(rate) - log_odds.mean())
    for _ in range(50):
        probability = 1.0 / (1.0 + np.exp(-(log_odds + constant)))
        constant += float(np.clip((rate - probability.mean()) / (probability * (1 - probability)).mean(), -1, 1))
    return constant
