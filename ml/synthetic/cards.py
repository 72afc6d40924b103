"""Draws the monthly balances of credit cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ml.synthetic.bureau import DAYS_PER_MONTH, OLDEST_MONTH, pulled
from ml.synthetic.instalments import _days_late, _status
from ml.synthetic.marginals import Floats, Values


def draw_cards(
    parameters: Mapping[str, Any],
    pull: Mapping[str, float],
    previous: pd.DataFrame,
    latent_risk: Floats,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Monthly card balances, and the dues that follow from them.

    Parameters
    ----------
    parameters : aggregates of the table.
    pull : correlation of the latent risk with each behaviour.
    previous : earlier applications as drawn, shape (rows, 37).
    latent_risk : shape (rows,).
    rng : source of all chance.

    Returns
    -------
    Frame in the competition's columns, newest month first; and dues with ``SK_ID_PREV``, ``SK_ID_CURR``,
    ``number``, ``due``, ``amount``, ``risk``.
    """
    approved = (previous["NAME_CONTRACT_TYPE"] == "Revolving loans") & previous["DAYS_TERMINATION"].notna()
    chosen = approved.to_numpy() & (rng.random(len(previous)) < parameters["share"])
    cards, risk = previous[chosen], latent_risk[chosen]
    months, latest = _span(parameters, cards, rng)
    card = np.repeat(np.arange(len(cards)), months)
    number = np.arange(months.sum()) - np.repeat(np.cumsum(months) - months, months)
    used = rng.random(len(cards)) < parameters["used_share"]
    flows = _flows(parameters, pull["utilisation"], cards, risk, months, used, rng)
    columns = {name: values[number, card] for name, values in flows.items()}
    rows = _rows(parameters, cards, card, columns, used[card], rng)
    rows["MONTHS_BALANCE"] = -(latest[card] + months[card] - 1 - number)
    completed = (rng.random(len(cards)) < parameters["completed_share"])[card] & (number == months[card] - 1)
    rows["NAME_CONTRACT_STATUS"] = _status(completed, np.zeros(len(card), dtype=bool))
    late = _days_late(parameters, pull["days_past_due"], risk[card], rng)
    owing = columns["balance"] > 0
    rows["SK_DPD"], rows["SK_DPD_DEF"] = np.where(owing, late[0], 0), np.where(owing, late[1], 0)
    frame = pd.DataFrame({name: rows[name] for name in CARD_COLUMNS})
    frame = frame.sort_values(["SK_ID_PREV", "MONTHS_BALANCE"], ascending=[True, False], ignore_index=True)
    return frame, _dues(rows, risk[card])


CARD_COLUMNS = (
    "SK_ID_PREV",
    "SK_ID_CURR",
    "MONTHS_BALANCE",
    "AMT_BALANCE",
    "AMT_CREDIT_LIMIT_ACTUAL",
    "AMT_DRAWINGS_ATM_CURRENT",
    "AMT_DRAWINGS_CURRENT",
    "AMT_DRAWINGS_OTHER_CURRENT",
    "AMT_DRAWINGS_POS_CURRENT",
    "AMT_INST_MIN_REGULARITY",
    "AMT_PAYMENT_CURRENT",
    "AMT_PAYMENT_TOTAL_CURRENT",
    "AMT_RECEIVABLE_PRINCIPAL",
    "AMT_RECIVABLE",
    "AMT_TOTAL_RECEIVABLE",
    "CNT_DRAWINGS_ATM_CURRENT",
    "CNT_DRAWINGS_CURRENT",
    "CNT_DRAWINGS_OTHER_CURRENT",
    "CNT_DRAWINGS_POS_CURRENT",
    "CNT_INSTALMENT_MATURE_CUM",
    "NAME_CONTRACT_STATUS",
    "SK_DPD",
    "SK_DPD_DEF",
)


def _span(parameters: Mapping[str, Any], cards: pd.DataFrame, rng: np.random.Generator) -> tuple[Values, Values]:
    """Months of each card's history and its latest month (1: last month), within its age."""
    age = np.clip(np.floor(-cards["DAYS_DECISION"].to_numpy() / DAYS_PER_MONTH), 1, OLDEST_MONTH).astype(np.int64)
    latest = np.minimum(-parameters["last_month"].draw(rng.random(len(cards))).astype(np.int64), age)
    months = np.round(parameters["months_over_age"].draw(rng.random(len(cards))) * age).astype(np.int64)
    return np.clip(months, 1, age - latest + 1), latest


def _flows(
    parameters: Mapping[str, Any],
    pull: float,
    cards: pd.DataFrame,
    risk: Floats,
    months: Values,
    used: Values,
    rng: np.random.Generator,
) -> dict[str, Floats]:
    """Balance, drawings, dues and payments, shape (months, cards): the balance leans to each card's own use."""
    n, steps = len(cards), int(months.max(initial=0))
    limit = np.where(cards["AMT_CREDIT"] > 0, cards["AMT_CREDIT"], parameters["limit"].draw(rng.random(n)))
    target = np.where(used, parameters["mean_use"].draw(pulled(n, pull, risk, rng)), 0.0) * limit
    balance, mature = np.zeros(n), np.zeros(n)
    names = ("balance", "drawn", "due", "paid", "limit", "mature")
    flows = {name: np.zeros((steps, n)) for name in names}
    for step in range(steps):
        due = np.where(
            balance > 0, np.minimum(parameters["least_over_balance"].draw(rng.random(n)) * balance, balance), 0.0
        )
        paid = np.minimum(due * parameters["paid_over_least"].draw(rng.random(n)), balance)
        below = used & (balance - paid < target) & (rng.random(n) < 0.5 + 0.5 * parameters["draw_share"])
        size = np.maximum(parameters["draw_over_limit"].draw(rng.random(n)) * limit, 0.3 * (target - balance))
        drawn = np.where(below, np.round(np.minimum(size, np.maximum(limit - balance, 0.0)), 2), 0.0)
        balance = np.where(used, np.round(np.clip((balance - paid) * 1.02 + drawn, 0.0, limit * 1.1), 2), 0.0)
        mature = mature + (due > 0)
        for name, values in zip(names, (balance, drawn, due, paid, limit, mature), strict=True):
            flows[name][step] = values
    return flows


def _rows(
    parameters: Mapping[str, Any],
    cards: pd.DataFrame,
    card: Values,
    flows: Mapping[str, Floats],
    used: Values,
    rng: np.random.Generator,
) -> dict[str, Any]:
    n = len(card)
    balance, drawn = flows["balance"], flows["drawn"]
    cash = np.where(rng.random(n) < parameters["cash_share_of_draws"], drawn, 0.0)
    count = np.where(drawn > 0, np.maximum(parameters["draws_count"].draw(rng.random(n)), 1.0), 0.0)
    principal = np.round(balance * parameters["principal_share"].draw(rng.random(n)), 2)
    paid = np.round(flows["paid"], 2)
    return {
        "SK_ID_PREV": cards["SK_ID_PREV"].to_numpy()[card],
        "SK_ID_CURR": cards["SK_ID_CURR"].to_numpy()[card],
        "AMT_BALANCE": balance,
        "AMT_CREDIT_LIMIT_ACTUAL": flows["limit"].astype(np.int64),
        "AMT_DRAWINGS_CURRENT": drawn,
        "AMT_DRAWINGS_ATM_CURRENT": np.where(used, cash, np.nan),
        "AMT_DRAWINGS_OTHER_CURRENT": np.where(used, 0.0, np.nan),
        "AMT_DRAWINGS_POS_CURRENT": np.where(used, drawn - cash, np.nan),
        "AMT_INST_MIN_REGULARITY": np.round(flows["due"], 2),
        "AMT_PAYMENT_CURRENT": np.where(used, paid, np.nan),
        "AMT_PAYMENT_TOTAL_CURRENT": paid,
        "AMT_RECEIVABLE_PRINCIPAL": principal,
        "AMT_RECIVABLE": balance,
        "AMT_TOTAL_RECEIVABLE": balance,
        "CNT_DRAWINGS_CURRENT": count.astype(np.int64),
        "CNT_DRAWINGS_ATM_CURRENT": np.where(used, np.where(cash > 0, count, 0.0), np.nan),
        "CNT_DRAWINGS_OTHER_CURRENT": np.where(used, 0.0, np.nan),
        "CNT_DRAWINGS_POS_CURRENT": np.where(used, np.where(cash > 0, 0.0, count), np.nan),
        "CNT_INSTALMENT_MATURE_CUM": flows["mature"],
    }


def _dues(rows: Mapping[str, Any], risk: Floats) -> pd.DataFrame:
    owed = np.asarray(rows["AMT_INST_MIN_REGULARITY"]) > 0
    dues = {
        "SK_ID_PREV": rows["SK_ID_PREV"],
        "SK_ID_CURR": rows["SK_ID_CURR"],
        "number": rows["CNT_INSTALMENT_MATURE_CUM"],
        "due": np.minimum(np.round(np.asarray(rows["MONTHS_BALANCE"]) * DAYS_PER_MONTH), -1.0),
        "amount": rows["AMT_INST_MIN_REGULARITY"],
        "risk": risk,
    }
    return pd.DataFrame({name: np.asarray(values)[owed] for name, values in dues.items()})
