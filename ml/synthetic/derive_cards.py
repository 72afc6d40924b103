"""Derives the parameters of credit card balances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ml.synthetic import aggregates as a
from ml.synthetic.bureau import DAYS_PER_MONTH


def _history_share(by_card: Any, cards: pd.DataFrame) -> pd.Series:
    """Months reported of each card over months since it was granted, 0 to 1."""
    age = (-cards.set_index("SK_ID_PREV")["DAYS_DECISION"] / DAYS_PER_MONTH).clip(1, 96)
    return (by_card.size() / age.reindex(by_card.size().index)).clip(0, 1)


def derive_cards(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Parameters of card balances from ``credit_card_balance`` and ``previous_application``."""
    rows, previous = tables["credit_card_balance"], tables["previous_application"]
    cards = previous[
        (previous["NAME_CONTRACT_TYPE"] == "Revolving loans") & (previous["NAME_CONTRACT_STATUS"] == "Approved")
    ]
    owing = rows[(rows["AMT_BALANCE"] > 0) & (rows["AMT_CREDIT_LIMIT_ACTUAL"] > 0)]
    drawing = owing["AMT_DRAWINGS_CURRENT"] > 0
    by_card = rows.groupby("SK_ID_PREV")
    months = by_card["MONTHS_BALANCE"]
    active = by_card["AMT_BALANCE"].max() > 0
    person, holder = rows["SK_ID_CURR"], by_card["SK_ID_CURR"].first()
    least, dues = owing["AMT_INST_MIN_REGULARITY"], owing["AMT_INST_MIN_REGULARITY"] > 0
    late, overdue = rows.loc[rows["SK_DPD"] > 0, "SK_DPD"], rows.loc[rows["SK_DPD_DEF"] > 0, "SK_DPD_DEF"]
    ended = rows.loc[months.idxmax()]["NAME_CONTRACT_STATUS"] == "Completed"
    limit = by_card["AMT_CREDIT_LIMIT_ACTUAL"].max().where(lambda s: s > 0).dropna()
    use = by_card.apply(lambda d: (d["AMT_BALANCE"] / d["AMT_CREDIT_LIMIT_ACTUAL"].clip(lower=1)).clip(0, 1.2).mean())
    return {
        "share": a.share_of(cards["SK_ID_PREV"].isin(rows["SK_ID_PREV"]), cards["SK_ID_CURR"]),
        "used_share": a.share_of(active, holder),
        "completed_share": a.share_of(ended, person),
        "months_over_age": a.grid_of(_history_share(by_card, cards).dropna(), holder, most=41),
        "last_month": a.grid_of(months.max(), holder, step=1.0, most=41),
        "limit": a.grid_of(limit, holder, step=4500.0, most=41),
        "mean_use": a.grid_of(use[active], holder, most=41),
        "draw_share": a.share_of(drawing, person),
        "draw_over_limit": a.grid_of(
            (owing["AMT_DRAWINGS_CURRENT"] / owing["AMT_CREDIT_LIMIT_ACTUAL"])[drawing].clip(0, 1), person, most=41
        ),
        "cash_share_of_draws": a.share_of(owing.loc[drawing, "AMT_DRAWINGS_ATM_CURRENT"] > 0, person),
        "least_over_balance": a.grid_of((least / owing["AMT_BALANCE"])[dues].clip(0, 1), person, most=41),
        "paid_over_least": a.grid_of((owing["AMT_PAYMENT_CURRENT"] / least)[dues].clip(0, 20), person, most=41),
        "principal_share": a.grid_of(
            (owing["AMT_RECEIVABLE_PRINCIPAL"] / owing["AMT_BALANCE"]).clip(0, 1), person, most=41
        ),
        "late_share": a.share_of(rows["SK_DPD"] > 0, person),
        "late_days": a.grid_of(late, person, step=1.0, most=41),
        "overdue_among_late": a.share_of(rows.loc[late.index, "SK_DPD_DEF"] > 0, person),
        "overdue_days": a.grid_of(overdue, person, step=1.0, most=41),
        "draws_count": a.grid_of(owing.loc[drawing, "CNT_DRAWINGS_CURRENT"], person, step=1.0, most=41),
    }
