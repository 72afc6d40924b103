"""Draws credits at other lenders, and their monthly statuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from ml.synthetic.groups import split_group
from ml.synthetic.marginals import Floats, Values, draw_by_group

DAYS_PER_MONTH = 30.4375
# The bureau reports at most eight years.
OLDEST_MONTH = 96
OLDEST_DAY = -2922


def pulled(n: int, pull: float, latent_risk: Floats, rng: np.random.Generator) -> Floats:
    """Uniform numbers, shape (n,), correlated by ``pull`` (-1 to 1) with the latent risk."""
    return np.asarray(ndtr(np.sqrt(1.0 - pull * pull) * rng.standard_normal(n) + pull * latent_risk))


def rows_per_applicant(counts: Mapping[str, Any], unknown: Values, rng: np.random.Generator) -> Values:
    """Number of child rows of each applicant, shape (n,); ``unknown``: no enquiries known to the bureau."""
    groups = np.where(unknown, "unknown", "known")
    return draw_by_group(counts, groups, rng.random(len(groups))).astype(np.int64)


def draw_bureau(
    parameters: Mapping[str, Any], pull: Mapping[str, float], applicants: Any, rng: np.random.Generator
) -> tuple[pd.DataFrame, Floats]:
    """Credits at other lenders, and the latent risk behind each row.

    Parameters
    ----------
    parameters : aggregates of the table.
    pull : correlation of the latent risk with each behaviour.
    applicants : an ``Applicants``.
    rng : source of all chance.

    Returns
    -------
    Frame in the competition's columns with ``SK_ID_BUREAU`` counted from 0, and risk of shape (rows,).
    """
    frame = applicants.frame
    counts = rows_per_applicant(parameters["counts"], frame["AMT_REQ_CREDIT_BUREAU_YEAR"].isna().to_numpy(), rng)
    owner = np.repeat(np.arange(len(frame)), counts)
    risk = applicants.latent_risk[owner]
    groups = parameters["group"].draw(_active_first(parameters, pulled(len(owner), -pull["bureau_active"], risk, rng)))
    drawn = {name: draw_by_group(m, groups, rng.random(len(owner))) for name, m in parameters["columns"].items()}
    recent = pulled(len(owner), -pull["bureau_recent"], risk, rng)
    drawn["days_credit"] = draw_by_group(parameters["columns"]["days_credit"], groups, recent)
    rows = _values(parameters, groups, drawn, rng) | _overdue(parameters, groups, pull["overdue"], risk, rng)
    rows |= {"SK_ID_CURR": frame["SK_ID_CURR"].to_numpy()[owner], "SK_ID_BUREAU": np.arange(len(owner))}
    return pd.DataFrame({name: _typed(rows[name]) for name in BUREAU_COLUMNS}), risk


BUREAU_COLUMNS = (
    "SK_ID_CURR",
    "SK_ID_BUREAU",
    "CREDIT_ACTIVE",
    "CREDIT_CURRENCY",
    "DAYS_CREDIT",
    "CREDIT_DAY_OVERDUE",
    "DAYS_CREDIT_ENDDATE",
    "DAYS_ENDDATE_FACT",
    "AMT_CREDIT_MAX_OVERDUE",
    "CNT_CREDIT_PROLONG",
    "AMT_CREDIT_SUM",
    "AMT_CREDIT_SUM_DEBT",
    "AMT_CREDIT_SUM_LIMIT",
    "AMT_CREDIT_SUM_OVERDUE",
    "CREDIT_TYPE",
    "DAYS_CREDIT_UPDATE",
    "AMT_ANNUITY",
)


def _active_first(parameters: Mapping[str, Any], uniform: Floats) -> Floats:
    """Maps low ranks to active credits: the levels come in order of their number, not of their state."""
    levels = parameters["group"]
    edges = np.concatenate([[0.0], np.cumsum(levels.rates / levels.rates.sum())])
    order = np.argsort([not str(value).startswith("Active") for value in levels.values], kind="stable")
    widths = np.diff(edges)[order]
    ends = np.cumsum(widths)
    slot = np.minimum(np.searchsorted(ends, uniform, side="right"), len(order) - 1)
    inside = np.clip((uniform - (ends - widths)[slot]) / widths[slot], 0.0, 1.0 - 1e-9)
    return np.asarray(edges[order][slot] + inside * widths[slot])


def _values(
    parameters: Mapping[str, Any], groups: Values, drawn: Mapping[str, Values], rng: np.random.Generator
) -> dict[str, Values]:
    n = len(groups)
    state, _ = split_group(groups)
    opened: Floats = np.clip(np.round(drawn["days_credit"]), OLDEST_DAY, -1)
    ended = _end_date(state, opened, drawn)
    reported = np.where(np.isnan(ended), opened, ended)
    amount = np.round(drawn["credit"], 2)
    return {
        "CREDIT_ACTIVE": state,
        "CREDIT_TYPE": draw_by_group(parameters["types"], groups, rng.random(n)),
        "CREDIT_CURRENCY": parameters["currency"].draw(rng.random(n)),
        "DAYS_CREDIT": opened.astype(np.int64),
        "DAYS_CREDIT_ENDDATE": np.round(opened + drawn["duration"]),
        "DAYS_ENDDATE_FACT": ended,
        "DAYS_CREDIT_UPDATE": np.round(reported * (1.0 - drawn["update_share"])).astype(np.int64),
        "AMT_CREDIT_SUM": amount,
        "AMT_CREDIT_SUM_DEBT": np.round(amount * drawn["debt_over_credit"], 2),
        "AMT_CREDIT_SUM_LIMIT": np.round(drawn["limit"], 2),
        "AMT_CREDIT_MAX_OVERDUE": np.round(drawn["largest_overdue"], 2),
        "AMT_ANNUITY": np.round(amount * drawn["annuity_over_credit"], 2),
        "CNT_CREDIT_PROLONG": parameters["prolonged"].draw(rng.random(n)).astype(np.int64),
    }


def _end_date(state: Values, opened: Floats, drawn: Mapping[str, Values]) -> Floats:
    """Day a credit ended: never after today, never before it began; NaN while it runs."""
    life = np.where(
        np.isfinite(drawn["life_over_duration"] * drawn["duration"]) & (drawn["duration"] > 0),
        drawn["duration"] * drawn["life_over_duration"],
        -opened * np.nan_to_num(drawn["life_over_age"], nan=0.5),
    )
    too_long = life > -opened
    life = np.where(too_long, -opened * np.nan_to_num(drawn["life_over_age"], nan=0.5), life)
    return np.where(state == "Closed", np.round(np.clip(opened + life, opened, -1)), np.nan)


def _overdue(
    parameters: Mapping[str, Any], groups: Values, pull: float, risk: Floats, rng: np.random.Generator
) -> dict[str, Values]:
    n = len(groups)
    active = np.char.startswith(groups.astype(str), "Active")
    overdue = active & (pulled(n, pull, risk, rng) > 1.0 - parameters["overdue_share"])
    days = np.where(overdue, parameters["overdue_days"].draw(rng.random(n)), 0.0)
    owed = np.where(overdue, np.round(parameters["overdue_amount"].draw(rng.random(n)), 2), 0.0)
    return {"CREDIT_DAY_OVERDUE": days.astype(np.int64), "AMT_CREDIT_SUM_OVERDUE": owed}


def draw_bureau_balance(
    parameters: Mapping[str, Any], pull: float, bureau: pd.DataFrame, risk: Floats, rng: np.random.Generator
) -> pd.DataFrame:
    """Monthly statuses of the credits whose owner's lenders report them: one row a credit and month.

    Parameters
    ----------
    parameters : aggregates of the table.
    pull : correlation of the latent risk with a worse next status.
    bureau : credits as drawn, shape (n, 17).
    risk : latent risk of each credit, shape (n,).
    rng : source of all chance.
    """
    owners, position = np.unique(bureau["SK_ID_CURR"].to_numpy(), return_inverse=True)
    reported = (rng.random(len(owners)) < parameters["people_share"])[position]
    credits, risk = bureau[reported], risk[reported]
    oldest = np.clip(np.floor(-credits["DAYS_CREDIT"].to_numpy() / DAYS_PER_MONTH), 0, OLDEST_MONTH).astype(np.int64)
    latest = -parameters["last_month"].draw(rng.random(len(credits))).astype(np.int64)
    months = oldest - np.minimum(latest, oldest) + 1
    closed = _closing_month(credits)
    keys, balances, statuses = _walk(parameters, pull, risk, oldest, months, closed, rng)
    frame = pd.DataFrame(
        {
            "SK_ID_BUREAU": credits["SK_ID_BUREAU"].to_numpy()[keys],
            "MONTHS_BALANCE": -balances,
            "STATUS": pd.Categorical.from_codes(statuses, categories=parameters["statuses"]).astype("str"),
        }
    )
    return frame.sort_values(["SK_ID_BUREAU", "MONTHS_BALANCE"], ascending=[True, False], ignore_index=True)


def _closing_month(credits: pd.DataFrame) -> Values:
    ended = credits["DAYS_ENDDATE_FACT"].to_numpy(dtype=np.float64)
    return np.where(np.isnan(ended), -1, np.floor(-ended / DAYS_PER_MONTH)).astype(np.int64)


def _walk(
    parameters: Mapping[str, Any],
    pull: float,
    risk: Floats,
    oldest: Values,
    months: Values,
    closed: Values,
    rng: np.random.Generator,
) -> tuple[Values, Values, Values]:
    """A chain of statuses per credit, all credits stepped together from their oldest month on."""
    edges = np.cumsum(_without_closing(np.asarray(parameters["next"])), axis=1)
    state = parameters["first"].draw_codes(rng.random(len(oldest))) + 1
    keys, balances, statuses = [], [], []
    for step in range(int(months.max(initial=0))):
        running = np.flatnonzero(months > step)
        if step:
            uniform = pulled(len(running), pull, risk[running], rng)
            state[running] = np.minimum((uniform[:, None] > edges[state[running]]).sum(axis=1), 7)
        month = oldest[running] - step
        keys.append(running)
        balances.append(month)
        statuses.append(np.where(month <= closed[running], 0, state[running]))
    empty = [np.empty(0, dtype=np.int64)]
    return np.concatenate(keys or empty), np.concatenate(balances or empty), np.concatenate(statuses or empty)


def _without_closing(transitions: Floats) -> Floats:
    """Transitions between open statuses: closing follows from the credit's own end date."""
    still_open = transitions.copy()
    still_open[:, 0] = 0.0
    still_open[0, 2] = 1.0
    return np.asarray(still_open / still_open.sum(axis=1, keepdims=True))


def _typed(values: Values) -> Any:
    return pd.array(values, dtype="str") if values.dtype == object else values


__all__ = ["draw_bureau", "draw_bureau_balance", "pulled", "rows_per_applicant"]
