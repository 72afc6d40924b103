"""Draws earlier applications with the same lender."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ml.synthetic.bureau import OLDEST_DAY, pulled, rows_per_applicant
from ml.synthetic.groups import split_group
from ml.synthetic.marginals import Floats, Values, draw_by_group

SENTINEL = 365243.0
# The lender's rate of down payment is this much above its share of the price.
DOWN_PAYMENT_FACTOR = 0.918197
LOANS = ("Consumer loans|Approved", "Cash loans|Approved")
CARDS = ("Revolving loans|Approved",)
PRODUCT = ("NAME_PORTFOLIO", "NAME_PRODUCT_TYPE", "PRODUCT_COMBINATION", "NAME_YIELD_GROUP")
PREVIOUS_COLUMNS = (
    "SK_ID_PREV",
    "SK_ID_CURR",
    "NAME_CONTRACT_TYPE",
    "AMT_ANNUITY",
    "AMT_APPLICATION",
    "AMT_CREDIT",
    "AMT_DOWN_PAYMENT",
    "AMT_GOODS_PRICE",
    "WEEKDAY_APPR_PROCESS_START",
    "HOUR_APPR_PROCESS_START",
    "FLAG_LAST_APPL_PER_CONTRACT",
    "NFLAG_LAST_APPL_IN_DAY",
    "RATE_DOWN_PAYMENT",
    "RATE_INTEREST_PRIMARY",
    "RATE_INTEREST_PRIVILEGED",
    "NAME_CASH_LOAN_PURPOSE",
    "NAME_CONTRACT_STATUS",
    "DAYS_DECISION",
    "NAME_PAYMENT_TYPE",
    "CODE_REJECT_REASON",
    "NAME_TYPE_SUITE",
    "NAME_CLIENT_TYPE",
    "NAME_GOODS_CATEGORY",
    "NAME_PORTFOLIO",
    "NAME_PRODUCT_TYPE",
    "CHANNEL_TYPE",
    "SELLERPLACE_AREA",
    "NAME_SELLER_INDUSTRY",
    "CNT_PAYMENT",
    "NAME_YIELD_GROUP",
    "PRODUCT_COMBINATION",
    "DAYS_FIRST_DRAWING",
    "DAYS_FIRST_DUE",
    "DAYS_LAST_DUE_1ST_VERSION",
    "DAYS_LAST_DUE",
    "DAYS_TERMINATION",
    "NFLAG_INSURED_ON_APPROVAL",
)
WHOLE = ("HOUR_APPR_PROCESS_START", "NFLAG_LAST_APPL_IN_DAY", "DAYS_DECISION", "SELLERPLACE_AREA")


def draw_previous(
    parameters: Mapping[str, Any], pull: float, applicants: Any, rng: np.random.Generator
) -> tuple[pd.DataFrame, Floats]:
    """Earlier applications, and the latent risk behind each row.

    Parameters
    ----------
    parameters : aggregates of the table.
    pull : correlation of the latent risk with being refused.
    applicants : an ``Applicants``.
    rng : source of all chance.

    Returns
    -------
    Frame in the competition's columns with ``SK_ID_PREV`` counted from 0, and risk of shape (rows,).
    """
    frame = applicants.frame
    counts = rows_per_applicant(parameters["counts"], frame["AMT_REQ_CREDIT_BUREAU_YEAR"].isna().to_numpy(), rng)
    owner = np.repeat(np.arange(len(frame)), counts)
    risk = applicants.latent_risk[owner]
    groups = _groups(parameters["group"], pulled(len(owner), pull, risk, rng))
    _grant(groups, owner, CARDS, parameters["card_share"], rng)
    _grant(groups, owner, LOANS, parameters["loan_share"], rng)
    drawn = {name: draw_by_group(m, groups, rng.random(len(owner))) for name, m in parameters["columns"].items()}
    rows = {name: draw_by_group(m, groups, rng.random(len(owner))) for name, m in parameters["levels"].items()}
    rows |= _product(parameters["product"], groups, rng)
    rows["NAME_CONTRACT_TYPE"], rows["NAME_CONTRACT_STATUS"] = split_group(groups)
    rows |= _amounts(rows, drawn)
    rows |= _schedule(rows, drawn)
    rows |= {"SK_ID_CURR": frame["SK_ID_CURR"].to_numpy()[owner], "SK_ID_PREV": np.arange(len(owner))}
    return pd.DataFrame({name: _typed(name, rows[name]) for name in PREVIOUS_COLUMNS}), risk


def _groups(levels: Any, uniform: Floats) -> Values:
    """Kinds of rows, with refusals at the high ranks."""
    order = np.argsort([value.endswith("|Refused") for value in levels.values], kind="stable")
    edges = np.cumsum(levels.rates[order]) / levels.rates.sum()
    slots = np.minimum(np.searchsorted(edges, uniform, side="right"), len(order) - 1)
    return np.asarray(levels.array()[order][slots])


def _grant(groups: Values, owner: Values, kinds: tuple[str, ...], share: float, rng: np.random.Generator) -> None:
    """Turns one row of some applicants into the first of ``kinds``, so that ``share`` of them hold one."""
    _, first, position = np.unique(owner, return_index=True, return_inverse=True)
    if not len(first):
        return
    holds = np.bincount(position, weights=np.isin(groups, kinds), minlength=len(first)) > 0
    wanted = (share - holds.mean()) / max(1.0 - holds.mean(), 1e-9)
    lacking = first[~holds]
    groups[lacking[rng.random(len(lacking)) < wanted]] = kinds[0]


def _product(parameters: Mapping[str, Any], groups: Values, rng: np.random.Generator) -> dict[str, Values]:
    joint = draw_by_group(parameters, groups, rng.random(len(groups)))
    parts = np.array([text.split("|") for text in joint], dtype=object).reshape(len(groups), len(PRODUCT))
    return {name: parts[:, position] for position, name in enumerate(PRODUCT)}


def _amounts(rows: Mapping[str, Values], drawn: Mapping[str, Floats]) -> dict[str, Values]:
    asked = np.round(drawn["application"] / 4.5) * 4.5
    ratio = np.where(np.isnan(drawn["credit_over_application"]), 1.0, drawn["credit_over_application"])
    unasked = np.nan_to_num(drawn["credit_unasked"])
    credit = np.where(asked > 0, np.round(asked * ratio / 4.5) * 4.5, unasked)
    payments = np.where(rows["CNT_PAYMENT"] > 0, rows["CNT_PAYMENT"], 1.0)
    priced = np.isfinite(rows["CNT_PAYMENT"]) & (credit > 0)
    cost = np.where(np.isfinite(drawn["cost"]), drawn["cost"], np.nanmedian(drawn["cost"]) if len(credit) else 0.0)
    revolving = rows["NAME_CONTRACT_TYPE"] == "Revolving loans"
    annuity = credit * np.where(revolving, 0.05, cost) / payments
    rate = np.where(credit > 0, drawn["down_rate"], np.nan)
    share = np.clip(rate * DOWN_PAYMENT_FACTOR, 0.0, 0.9)
    return {
        "AMT_APPLICATION": asked,
        "AMT_CREDIT": credit,
        "AMT_ANNUITY": np.where(priced, np.round(annuity, 2), np.nan),
        "AMT_GOODS_PRICE": np.where(asked > 0, asked, np.nan),
        "RATE_DOWN_PAYMENT": np.round(rate, 6),
        "AMT_DOWN_PAYMENT": np.round(credit * share / (1.0 - share), 2),
        "RATE_INTEREST_PRIMARY": np.round(drawn["interest_primary"], 6),
        "RATE_INTEREST_PRIVILEGED": np.round(drawn["interest_privileged"], 6),
        "CNT_PAYMENT": np.where(priced, rows["CNT_PAYMENT"], np.nan),
        "SELLERPLACE_AREA": np.round(drawn["seller_area"]),
    }


def _schedule(rows: Mapping[str, Values], drawn: Mapping[str, Floats]) -> dict[str, Values]:
    """Dates of the plan and of what became of it; what lies ahead of today is the sentinel."""
    decided = np.clip(np.round(drawn["days_decision"]), OLDEST_DAY, -1)
    revolving = rows["NAME_CONTRACT_TYPE"] == "Revolving loans"
    known = (drawn["schedule_known"] >= 0.5) & (rows["NAME_CONTRACT_STATUS"] == "Approved")
    known &= np.isfinite(rows["CNT_PAYMENT"])
    first = decided + np.round(np.where(np.isfinite(drawn["first_due_after"]), drawn["first_due_after"], 31.0))
    length = 30.0 * np.maximum(np.nan_to_num(rows["CNT_PAYMENT"]) - 1.0, 0.0)
    life = np.where(np.isfinite(drawn["life_over_plan"]), drawn["life_over_plan"], 1.0)
    last = first + np.round(length * life / 30.0) * 30.0
    ended = last + np.round(np.where(np.isfinite(drawn["end_after"]), drawn["end_after"], 7.0))
    drawn_on = revolving & (first < 0) & (np.nan_to_num(drawn["drawn"]) >= 0.5)
    started = np.where(drawn_on, np.maximum(decided, first - 30.0), SENTINEL)
    dates = {
        "DAYS_FIRST_DRAWING": started,
        "DAYS_FIRST_DUE": np.where(revolving & ~drawn_on, SENTINEL, first),
        "DAYS_LAST_DUE_1ST_VERSION": np.where(revolving, SENTINEL, first + length),
        "DAYS_LAST_DUE": np.where(revolving | (last >= 0), SENTINEL, last),
        "DAYS_TERMINATION": np.where(revolving | (last >= 0) | (ended >= 0), SENTINEL, ended),
    }
    hidden = {name: np.where(known, values, np.nan) for name, values in dates.items()}
    insured = np.where(known, np.nan_to_num(rows["NFLAG_INSURED_ON_APPROVAL"]), np.nan)
    return hidden | {"DAYS_DECISION": decided, "NFLAG_INSURED_ON_APPROVAL": insured}


def _typed(name: str, values: Values) -> Any:
    if values.dtype == object:
        return pd.array(values, dtype="str")
    return values.astype(np.int64) if name in WHOLE else values
