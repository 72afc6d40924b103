"""Draws the application table: a Gaussian copula over the drivers, rules for the rest, then the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, ndtr, ndtri

from ml.synthetic import drivers as d
from ml.synthetic.marginals import Floats, Grid, Values
from ml.synthetic.parameters import ApplicationParameters

DAYS_PER_YEAR = 365.25
# Nobody works before this age, in years; a rule of the portfolio as well.
WORKING_AGE = 18.0
# A revolving loan's annuity is a twentieth of its limit.
REVOLVING_TERM = 20.0


@dataclass(frozen=True)
class Applicants:
    """The application table and, per row, the standardised latent risk (mean 0, sd 1, high is risky)."""

    frame: pd.DataFrame
    latent_risk: Floats


def draw_applicants(parameters: ApplicationParameters, ids: Values, rng: np.random.Generator) -> Applicants:
    """Fictional applicants with outcomes.

    Parameters
    ----------
    parameters : aggregates of the portfolio.
    ids : ``SK_ID_CURR`` of each applicant, shape (n,), int64.
    rng : source of all chance.

    Returns
    -------
    Applicants with a frame of shape (n, 122) in the competition's column order.
    """
    drawn = draw_drivers(parameters, len(ids), rng)
    columns = assemble(drawn, rng) | {"SK_ID_CURR": ids}
    log_odds = risk_log_odds(parameters, columns, drawn)
    columns["TARGET"] = draw_outcomes(expit(log_odds), rng).astype(np.int64)
    surprise = (columns["TARGET"] - expit(log_odds)) / np.sqrt(expit(log_odds) * expit(-log_odds))
    weights = parameters.risk["latent_weights"]
    latent = (
        weights["score"] * (log_odds - parameters.risk["mean"]) / parameters.risk["sd"]
        + weights["outcome"] * surprise
        + weights["noise"] * rng.standard_normal(len(ids))
    )
    return Applicants(to_frame(parameters, columns), np.clip(latent, -4.0, 4.0))


def draw_drivers(parameters: ApplicationParameters, n: int, rng: np.random.Generator) -> dict[str, Values]:
    """The free columns, each of shape (n,), with the portfolio's marginals and dependence."""
    independent = rng.standard_normal((n, len(parameters.drivers)))
    # einsum instead of a BLAS product: its sums do not depend on the number of threads.
    uniform = ndtr(np.einsum("ij,kj->ki", independent, parameters.factor))
    drawn: dict[str, Values] = {}
    for row, (name, marginal) in zip(uniform, parameters.drivers.items(), strict=True):
        if isinstance(marginal, Grid):
            drawn[name] = marginal.draw(row)
        else:
            drawn[name] = marginal.draw(row, drawn[marginal.parent] if marginal.parent else None)
    return drawn


def assemble(drawn: Mapping[str, Values], rng: np.random.Generator) -> dict[str, Values]:
    """All columns but the identifier and the outcome, each of shape (n,): the rules of an application."""
    columns = {name: values for name, values in drawn.items() if not name.startswith(d.MISSING_PREFIX)}
    _employment(columns, rng)
    _loan(columns)
    _household(columns)
    _places(columns, "REGION_PLACES", d.REGION_PLACES)
    _places(columns, "CITY_PLACES", d.CITY_PLACES)
    _social_circle(columns)
    for block, names in d.MISSING_BLOCKS.items():
        hidden = drawn[f"{d.MISSING_PREFIX}{block}"] > 0
        columns |= {name: np.where(hidden, np.nan, columns[name]) for name in names}
    return columns


def risk_log_odds(
    parameters: ApplicationParameters, columns: Mapping[str, Values], drawn: Mapping[str, Values]
) -> Floats:
    """Log-odds of default, shape (n,): the intercept plus each driver's effect."""
    total = np.full(len(columns["DAYS_BIRTH"]), parameters.risk["intercept"], dtype=np.float64)
    for name, effects in parameters.risk["curves"].items():
        score = normal_score(parameters.drivers[name], _numbers(columns[name]))
        total += effects["linear"] * score + effects["above"] * np.maximum(score, 0.0)
    for name, effects in parameters.risk["levels"].items():
        values = pd.Series(columns.get(name, drawn[name])).astype(object)
        known = values.where(values.notna(), "(missing)").map(lambda v, e=effects: e.get(level_key(v), 0.0))
        total += known.to_numpy(dtype=np.float64)
    return total


def _numbers(values: Values) -> Floats:
    numbers = np.asarray(values, dtype=np.float64)
    return np.where(numbers >= d.PENSIONER_DAYS, np.nan, numbers)


def normal_score(marginal: Any, values: Floats) -> Floats:
    """Normal quantile of each value's rank, -2.5 to 2.5; 0 where missing."""
    score: Floats = np.clip(ndtri(np.clip(marginal.rank(values), 1e-4, 1 - 1e-4)), -2.5, 2.5)
    return np.nan_to_num(score, nan=0.0)


def level_key(value: Any) -> str:
    """A level's name in the parameters: numbers without trailing zeros, text as it is."""
    return value if isinstance(value, str) else f"{float(value):g}"


def draw_outcomes(probability: Floats, rng: np.random.Generator) -> Values:
    """Outcomes 0 or 1, shape (n,), by systematic sampling: their sum is within one of the expected sum."""
    order = rng.permutation(len(probability))
    reached = np.floor(np.cumsum(probability[order]) + rng.random())
    outcomes: Values = np.empty(len(probability), dtype=np.int64)
    outcomes[order] = np.diff(reached, prepend=0.0).astype(np.int64)
    return outcomes


def to_frame(parameters: ApplicationParameters, columns: Mapping[str, Values]) -> pd.DataFrame:
    """The table in the competition's column order; whole columns without gaps as int64, text as str."""
    ready: dict[str, Any] = {}
    for name in parameters.columns:
        values = columns[name]
        if name in parameters.integers:
            ready[name] = np.asarray(values, dtype=np.float64).astype(np.int64)
        elif values.dtype == object:
            ready[name] = pd.array(values, dtype="str")
        else:
            ready[name] = values
    return pd.DataFrame(ready)


def _employment(columns: dict[str, Values], rng: np.random.Generator) -> None:
    pensioner = columns["NAME_INCOME_TYPE"] == "Pensioner"
    birth = columns["DAYS_BIRTH"]
    longest = birth + WORKING_AGE * DAYS_PER_YEAR
    too_long = columns["DAYS_EMPLOYED"] < longest
    redrawn = np.floor(longest * rng.random(len(birth)))
    employed = np.where(too_long, redrawn, columns["DAYS_EMPLOYED"])
    columns["DAYS_EMPLOYED"] = np.where(pensioner, d.PENSIONER_DAYS, employed)
    columns["FLAG_EMP_PHONE"] = np.where(pensioner, 0.0, 1.0)
    columns["OCCUPATION_TYPE"] = _without(columns["OCCUPATION_TYPE"], pensioner)
    columns["ORGANIZATION_TYPE"] = np.where(pensioner, d.NO_EMPLOYER, columns["ORGANIZATION_TYPE"])
    for name in ("DAYS_REGISTRATION", "DAYS_ID_PUBLISH"):
        columns[name] = np.maximum(columns[name], birth)


def _without(values: Values, hidden: Values) -> Values:
    left = values.copy()
    left[hidden] = None
    return left


def _loan(columns: dict[str, Values]) -> None:
    revolving = columns["NAME_CONTRACT_TYPE"] == d.REVOLVING
    ratio = np.where(revolving, 1.0, columns["CREDIT_OVER_GOODS"])
    term = np.where(revolving, REVOLVING_TERM, columns["TERM"])
    for name in ("CREDIT_OVER_GOODS", "TERM"):
        columns[name] = np.where(revolving, np.nan, columns[name])
    columns["AMT_CREDIT"] = np.round(columns["AMT_GOODS_PRICE"] * ratio / 4.5) * 4.5
    columns["AMT_ANNUITY"] = np.round(columns["AMT_CREDIT"] / term / 4.5) * 4.5
    columns["OWN_CAR_AGE"] = np.where(columns["FLAG_OWN_CAR"] == "Y", columns["OWN_CAR_AGE"], np.nan)


def _household(columns: dict[str, Values]) -> None:
    couple = np.isin(columns["NAME_FAMILY_STATUS"].astype(str), d.COUPLES)
    columns["CNT_FAM_MEMBERS"] = columns["CNT_CHILDREN"] + 1.0 + couple


def _places(columns: dict[str, Values], driver: str, names: tuple[str, ...]) -> None:
    patterns = columns[driver].astype(str)
    for position, name in enumerate(names):
        columns[name] = np.array([p[position] == "1" for p in patterns], dtype=np.float64)


def _social_circle(columns: dict[str, Values]) -> None:
    observed_30, default_30, observed_60, default_60 = d.SOCIAL
    columns[default_30] = np.minimum(columns[default_30], columns[observed_30])
    columns[observed_60] = np.maximum(columns[observed_30] - columns["OBS_DROP"], 0.0)
    columns[default_60] = np.maximum(columns[default_30] - columns["DEF_DROP"], 0.0)
    columns[default_60] = np.minimum(columns[default_60], columns[observed_60])
