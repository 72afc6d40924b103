"""Draws the monthly balances of instalment loans, and the payments of loans and cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml.synthetic.bureau import DAYS_PER_MONTH, OLDEST_MONTH, pulled
from ml.synthetic.marginals import Floats, Values

SENTINEL = 365243.0
DAYS_BETWEEN = 30


@dataclass(frozen=True)
class Plans:
    """Approved instalment loans with a known schedule: position in the table, terms and risk, each (loans,)."""

    previous: pd.DataFrame
    latent_risk: Floats

    def repeated(self, counts: Values) -> tuple[Values, Values]:
        """Loan position and running number from 0 of ``counts`` rows per loan."""
        loan = np.repeat(np.arange(len(counts)), counts)
        return loan, np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def instalment_plans(previous: pd.DataFrame, latent_risk: Floats) -> Plans:
    """The earlier applications that became cash or consumer loans."""
    chosen = (previous["NAME_CONTRACT_TYPE"] != "Revolving loans") & previous["DAYS_TERMINATION"].notna()
    chosen &= previous["CNT_PAYMENT"].fillna(0) > 0
    return Plans(previous[chosen].reset_index(drop=True), latent_risk[chosen.to_numpy()])


def draw_pos_cash(parameters: Mapping[str, Any], pull: float, plans: Plans, rng: np.random.Generator) -> pd.DataFrame:
    """Monthly balances of the loans: one row a loan and month, newest first.

    Parameters
    ----------
    parameters : aggregates of the table.
    pull : correlation of the latent risk with days past due.
    plans : the loans.
    rng : source of all chance.
    """
    loans = plans.previous
    term = loans["CNT_PAYMENT"].to_numpy()
    oldest = np.clip(np.floor(-loans["DAYS_DECISION"].to_numpy() / DAYS_PER_MONTH), 1, OLDEST_MONTH).astype(np.int64)
    planned = (loans["DAYS_LAST_DUE_1ST_VERSION"] - loans["DAYS_FIRST_DUE"]).to_numpy()
    last = loans["DAYS_LAST_DUE"].to_numpy()
    finished = last < SENTINEL
    paid = np.where(finished, last - loans["DAYS_FIRST_DUE"].to_numpy(), planned) // DAYS_BETWEEN + 2
    reported = rng.random(len(loans)) < parameters["share"]
    months = np.where(reported, np.clip(np.where(finished, paid, oldest), 1, oldest), 0).astype(np.int64)
    loan, number = plans.repeated(months)
    left = np.maximum(term[loan] - number, 0.0)
    final = finished[loan] & (number == months[loan] - 1) & (number > 0)
    signed = (number == 0) & (rng.random(len(loan)) < parameters["signed"])
    unknown = rng.random(len(loan)) < parameters["count_missing"]
    late = _days_late(parameters, pull, plans.latent_risk[loan], rng)
    frame = pd.DataFrame(
        {
            "SK_ID_PREV": loans["SK_ID_PREV"].to_numpy()[loan],
            "SK_ID_CURR": loans["SK_ID_CURR"].to_numpy()[loan],
            "MONTHS_BALANCE": -(oldest[loan] - number),
            "CNT_INSTALMENT": np.where(unknown, np.nan, np.where(final, np.maximum(number, 1), term[loan])),
            "CNT_INSTALMENT_FUTURE": np.where(unknown, np.nan, np.where(final, 0.0, left)),
            "NAME_CONTRACT_STATUS": _status(final, signed),
            "SK_DPD": np.where(signed | final, 0, late[0]),
            "SK_DPD_DEF": np.where(signed | final, 0, late[1]),
        }
    )
    return frame.sort_values(["SK_ID_PREV", "MONTHS_BALANCE"], ascending=[True, False], ignore_index=True)


def _status(final: Values, signed: Values) -> Any:
    return pd.array(np.where(final, "Completed", np.where(signed, "Signed", "Active")).astype(object), dtype="str")


def _days_late(
    parameters: Mapping[str, Any], pull: float, risk: Floats, rng: np.random.Generator
) -> tuple[Values, Values]:
    """Days past due, and days past due beyond small debts; the second is never above the first."""
    n = len(risk)
    is_late = pulled(n, pull, risk, rng) > 1.0 - parameters["late_share"]
    days = np.where(is_late, parameters["late_days"].draw(rng.random(n)), 0.0)
    counted = is_late & (rng.random(n) < parameters["overdue_among_late"])
    beyond = np.where(counted, parameters["overdue_days"].draw(rng.random(n)), 0.0)
    return days.astype(np.int64), np.minimum(beyond, days).astype(np.int64)


def draw_payments(
    parameters: Mapping[str, Any], pull: float, plans: Plans, cards: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Payments of loans and cards: one row an instalment, a second one where the first paid it only in part.

    Parameters
    ----------
    parameters : aggregates of the table.
    pull : correlation of the latent risk with paying late.
    plans : the loans.
    cards : dues of cards: ``SK_ID_PREV``, ``SK_ID_CURR``, ``number``, ``due``, ``amount``, ``risk``.
    rng : source of all chance.
    """
    dues = pd.concat([_loan_dues(plans, rng, parameters), cards.assign(version=0.0)], ignore_index=True)
    n = len(dues)
    due, amount = dues["due"].to_numpy(dtype=np.float64), dues["amount"].to_numpy(dtype=np.float64)
    late = parameters["days_late"].draw(pulled(n, pull, dues["risk"].to_numpy(), rng))
    short = (rng.random(n) < parameters["short_share"]) & (amount > 0)
    part = np.where(short, parameters["paid_when_short"].draw(rng.random(n)), 1.0)
    first = _payment_rows(dues, np.minimum(due + late, -1.0), np.round(amount * part, 2))
    rest = np.round(amount - np.round(amount * part, 2), 2)
    again = short & (rest > 0) & (rng.random(n) < 0.5)
    days = np.minimum(due + late + parameters["days_late"].draw(rng.random(n)).clip(0), -1.0)
    second = _payment_rows(dues[again], days[again], rest[again])
    rows = pd.concat([first, second], ignore_index=True)
    return rows.sort_values(["SK_ID_PREV", "NUM_INSTALMENT_NUMBER"], kind="stable", ignore_index=True)


def _loan_dues(plans: Plans, rng: np.random.Generator, parameters: Mapping[str, Any]) -> pd.DataFrame:
    loans = plans.previous
    start = loans["DAYS_FIRST_DUE"].to_numpy()
    end = np.minimum(loans["DAYS_LAST_DUE"].where(loans["DAYS_LAST_DUE"] < SENTINEL, -1.0).to_numpy(), -1.0)
    counts = np.clip((end - start) // DAYS_BETWEEN + 1, 0, loans["CNT_PAYMENT"].to_numpy()).astype(np.int64)
    loan, number = plans.repeated(counts)
    settled = (loans["DAYS_LAST_DUE"].to_numpy() < SENTINEL) & (counts < loans["CNT_PAYMENT"].to_numpy())
    amount = loans["AMT_ANNUITY"].to_numpy()[loan]
    ending = settled[loan] & (number == counts[loan] - 1)
    left = (loans["CNT_PAYMENT"].to_numpy() - counts)[loan]
    return pd.DataFrame(
        {
            "SK_ID_PREV": loans["SK_ID_PREV"].to_numpy()[loan],
            "SK_ID_CURR": loans["SK_ID_CURR"].to_numpy()[loan],
            "number": number + 1,
            "due": start[loan] + DAYS_BETWEEN * number,
            "amount": np.round(np.where(ending, amount * (1.0 + 0.9 * left), amount), 2),
            "risk": plans.latent_risk[loan],
            "version": np.where(ending, 2.0, parameters["version"].draw(rng.random(len(counts)))[loan]),
        }
    )


def _payment_rows(dues: pd.DataFrame, paid_on: Floats, paid: Floats) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "SK_ID_PREV": dues["SK_ID_PREV"].to_numpy(),
            "SK_ID_CURR": dues["SK_ID_CURR"].to_numpy(),
            "NUM_INSTALMENT_VERSION": dues["version"].to_numpy(dtype=np.float64),
            "NUM_INSTALMENT_NUMBER": dues["number"].to_numpy(dtype=np.int64),
            "DAYS_INSTALMENT": dues["due"].to_numpy(dtype=np.float64),
            "DAYS_ENTRY_PAYMENT": paid_on,
            "AMT_INSTALMENT": dues["amount"].to_numpy(dtype=np.float64),
            "AMT_PAYMENT": paid,
        }
    )
