"""Derives the parameters of the six child tables: counts, and values by kind of row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ml.synthetic import aggregates as a
from ml.synthetic.derive_cards import derive_cards
from ml.synthetic.groups import bureau_groups, loan_groups

SENTINEL = 365243
STATUSES = ("C", "X", "0", "1", "2", "3", "4", "5")
# How strongly an applicant's latent risk pulls a row's rank, as a correlation; set by comparing
# drawn and genuine shares by outcome.
RISK_PULL = {
    "bureau_active": 0.12,
    "bureau_recent": -0.10,
    "overdue": 0.25,
    "debt": 0.12,
    "status": 0.15,
    "refusal": 0.18,
    "days_past_due": 0.2,
    "late": 0.12,
    "utilisation": 0.3,
}


def derive_children(folder: Path, *, progress: Callable[[str], None]) -> dict[str, Any]:
    """Parameters of the child tables from a folder of genuine ones.

    Parameters
    ----------
    folder : holds ``application_train``, ``application_test`` and the child tables as Parquet.
    progress : told each table.
    """
    names = ("bureau", "bureau_balance", "previous_application", "POS_CASH_balance", "credit_card_balance")
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in names}
    payments = pd.read_parquet(folder / "installments_payments_partial.parquet")
    people = pd.concat([pd.read_parquet(folder / f"application_{part}.parquet") for part in ("train", "test")])
    progress("child tables")
    return {
        "risk_pull": RISK_PULL,
        "bureau": _bureau(tables["bureau"], people),
        "bureau_balance": _bureau_balance(tables["bureau_balance"], tables["bureau"]),
        "previous_application": _previous(tables["previous_application"], people),
        "POS_CASH_balance": _instalment_loans(tables),
        "installments_payments": _payments(payments),
        "credit_card_balance": derive_cards(tables),
    }


def by_group(values: pd.Series, groups: pd.Series, people: pd.Series, **options: Any) -> dict[str, Any]:
    """A marginal of ``values`` in each group: grids for numbers, levels for text; ``known``: nulls have no share."""
    documents, names = {}, sorted(groups.unique())
    if options.get("known"):
        groups, people, values = groups[values.notna()], people[values.notna()], values.dropna()
    text = not pd.api.types.is_numeric_dtype(values)
    for group in names:
        rows = groups == group
        if text or options.get("levels"):
            documents[group] = a.levels_of(values[rows], people=people)
        else:
            documents[group] = a.grid_of(values[rows], people, most=41)
    return documents


def counts_of(rows: pd.DataFrame, people: pd.DataFrame) -> dict[str, Any]:
    """Rows per applicant, none included, by whether the credit bureau's enquiries are missing."""
    counts = rows.groupby("SK_ID_CURR").size().reindex(people["SK_ID_CURR"], fill_value=0)
    unknown = people["AMT_REQ_CREDIT_BUREAU_YEAR"].isna().to_numpy()
    return {name: a.levels_of(counts[chosen]) for name, chosen in (("known", ~unknown), ("unknown", unknown))}


def _bureau(rows: pd.DataFrame, people: pd.DataFrame) -> dict[str, Any]:
    rows = rows.assign(group=bureau_groups(rows["CREDIT_ACTIVE"], rows["CREDIT_TYPE"]))
    duration = rows["DAYS_CREDIT_ENDDATE"] - rows["DAYS_CREDIT"]
    closed = rows["CREDIT_ACTIVE"] == "Closed"
    age = -rows["DAYS_CREDIT"].clip(upper=-1)
    credit = rows["AMT_CREDIT_SUM"].where(rows["AMT_CREDIT_SUM"] > 0)
    reported = rows["DAYS_ENDDATE_FACT"].where(closed, rows["DAYS_CREDIT"])
    columns = {
        "days_credit": rows["DAYS_CREDIT"],
        "duration": duration,
        "life_over_duration": ((rows["DAYS_ENDDATE_FACT"] - rows["DAYS_CREDIT"]) / duration.where(duration > 0)).clip(
            0, 3
        ),
        "life_over_age": ((rows["DAYS_ENDDATE_FACT"] - rows["DAYS_CREDIT"]) / age).clip(0, 1),
        "update_share": ((rows["DAYS_CREDIT_UPDATE"] - reported) / -reported.clip(upper=-1)).clip(0, 1),
        "credit": rows["AMT_CREDIT_SUM"],
        "debt_over_credit": (rows["AMT_CREDIT_SUM_DEBT"] / credit).clip(0, 1.2),
        "limit": rows["AMT_CREDIT_SUM_LIMIT"],
        "largest_overdue": rows["AMT_CREDIT_MAX_OVERDUE"],
        "annuity_over_credit": (rows["AMT_ANNUITY"] / credit).clip(0, 1),
    }
    overdue, active = rows[rows["CREDIT_DAY_OVERDUE"] > 0], rows[rows["CREDIT_ACTIVE"] == "Active"]
    owing = rows[rows["AMT_CREDIT_SUM_OVERDUE"] > 0]
    return {
        "counts": counts_of(rows, people),
        "group": a.levels_of(rows["group"], people=rows["SK_ID_CURR"]),
        "types": by_group(rows["CREDIT_TYPE"], rows["group"], rows["SK_ID_CURR"]),
        "currency": a.levels_of(rows["CREDIT_CURRENCY"], people=rows["SK_ID_CURR"]),
        "prolonged": a.levels_of(rows["CNT_CREDIT_PROLONG"], people=rows["SK_ID_CURR"]),
        "columns": {name: by_group(v, rows["group"], rows["SK_ID_CURR"]) for name, v in columns.items()},
        "overdue_share": a.share_of(active["CREDIT_DAY_OVERDUE"] > 0, rows["SK_ID_CURR"]),
        "overdue_days": a.grid_of(overdue["CREDIT_DAY_OVERDUE"], rows["SK_ID_CURR"], step=1.0),
        "overdue_amount": a.grid_of(owing["AMT_CREDIT_SUM_OVERDUE"], rows["SK_ID_CURR"]),
    }


def _bureau_balance(rows: pd.DataFrame, bureau: pd.DataFrame) -> dict[str, Any]:
    reported = bureau["SK_ID_BUREAU"].isin(rows["SK_ID_BUREAU"])
    rows = rows.sort_values(["SK_ID_BUREAU", "MONTHS_BALANCE"])
    same = (rows["SK_ID_BUREAU"] == rows["SK_ID_BUREAU"].shift(-1)).to_numpy()
    following = rows["STATUS"].shift(-1)
    codes = rows["STATUS"].map(STATUSES.index), following.map({s: i for i, s in enumerate(STATUSES)})
    table = pd.crosstab(codes[0][same], codes[1][same]).reindex(index=range(8), columns=range(8), fill_value=0)
    owner = bureau.set_index("SK_ID_BUREAU")["SK_ID_CURR"]
    people = pd.crosstab(
        codes[0][same], codes[1][same], values=rows["SK_ID_BUREAU"].map(owner)[same], aggfunc="nunique"
    ).reindex(index=range(8), columns=range(8))
    first = rows.groupby("SK_ID_BUREAU")["STATUS"].first()
    last = rows.groupby("SK_ID_BUREAU")["MONTHS_BALANCE"].max()
    return {
        "people_share": _share_of_people(reported, bureau["SK_ID_CURR"]),
        "statuses": list(STATUSES),
        "first": a.levels_of(first[first.isin(["0", "X"])], ["X", "0"], owner),
        "next": _transitions(table, people),
        "last_month": a.grid_of(last, owner, step=1.0, most=41),
    }


def _share_of_people(chosen: pd.Series, people: pd.Series) -> float:
    """Share of the people with at least one row ``chosen``."""
    holds = chosen.groupby(people).any()
    return a.share_of(holds, pd.Series(holds.index, index=holds.index))


def _transitions(table: pd.DataFrame, people: pd.DataFrame) -> list[list[float]]:
    """Rates of the next status; moves of fewer than 50 people are counted as a return to ``0``."""
    kept = table.where(people.fillna(0) >= a.PEOPLE, 0)
    kept[STATUSES.index("0")] += table.sum(axis=1) - kept.sum(axis=1)
    return [[round(float(v), 5) for v in row / row.sum()] for _, row in kept.iterrows()]


PREVIOUS_LEVELS = (
    "WEEKDAY_APPR_PROCESS_START",
    "HOUR_APPR_PROCESS_START",
    "FLAG_LAST_APPL_PER_CONTRACT",
    "NFLAG_LAST_APPL_IN_DAY",
    "NAME_CASH_LOAN_PURPOSE",
    "NAME_PAYMENT_TYPE",
    "CODE_REJECT_REASON",
    "NAME_TYPE_SUITE",
    "NAME_CLIENT_TYPE",
    "NAME_GOODS_CATEGORY",
    "CHANNEL_TYPE",
    "NAME_SELLER_INDUSTRY",
    "NFLAG_INSURED_ON_APPROVAL",
    "CNT_PAYMENT",
)


# Known only in rows of some kind: the missing rest says nothing.
CONDITIONAL = (
    "credit_over_application",
    "credit_unasked",
    "drawn",
    "cost",
    "first_due_after",
    "life_over_plan",
    "end_after",
)


def _previous(rows: pd.DataFrame, people: pd.DataFrame) -> dict[str, Any]:
    rows = rows.assign(group=loan_groups(rows["NAME_CONTRACT_TYPE"], rows["NAME_CONTRACT_STATUS"]))
    asked = rows["AMT_APPLICATION"].where(rows["AMT_APPLICATION"] > 0)
    granted = rows["AMT_CREDIT"].where(rows["AMT_CREDIT"] > 0)
    payments = rows["CNT_PAYMENT"].where(rows["CNT_PAYMENT"] > 0, 1.0)
    first = rows["DAYS_FIRST_DUE"].where(rows["DAYS_FIRST_DUE"] < SENTINEL)
    last = rows["DAYS_LAST_DUE"].where(rows["DAYS_LAST_DUE"] < SENTINEL)
    planned = rows["DAYS_LAST_DUE_1ST_VERSION"].where(rows["DAYS_LAST_DUE_1ST_VERSION"] < SENTINEL)
    ended = rows["DAYS_TERMINATION"].where(rows["DAYS_TERMINATION"] < SENTINEL)
    finished = last.notna() & planned.notna()
    card = rows["group"] == "Revolving loans|Approved"
    instalment_loan = rows["group"].isin(["Cash loans|Approved", "Consumer loans|Approved"])
    columns = {
        "application": rows["AMT_APPLICATION"],
        "credit_over_application": (rows["AMT_CREDIT"] / asked).dropna().clip(0, 3).reindex(rows.index),
        "credit_unasked": rows["AMT_CREDIT"].where(asked.isna()),
        "drawn": (rows["DAYS_FIRST_DRAWING"] < SENTINEL).where(rows["DAYS_FIRST_DRAWING"].notna()).astype(float),
        "cost": (rows["AMT_ANNUITY"] * payments / granted).clip(0, 5),
        "down_rate": rows["RATE_DOWN_PAYMENT"],
        "interest_primary": rows["RATE_INTEREST_PRIMARY"],
        "interest_privileged": rows["RATE_INTEREST_PRIVILEGED"],
        "days_decision": rows["DAYS_DECISION"],
        "seller_area": rows["SELLERPLACE_AREA"],
        "schedule_known": rows["DAYS_TERMINATION"].notna().astype(float),
        "first_due_after": (first - rows["DAYS_DECISION"]).where(lambda s: s < 400),
        "life_over_plan": ((last - first) / (planned - first).where(lambda s: s > 0)).where(finished).clip(0, 1.5),
        "end_after": (ended - last).clip(0, 365),
    }
    texts = ["NAME_PORTFOLIO", "NAME_PRODUCT_TYPE", "PRODUCT_COMBINATION", "NAME_YIELD_GROUP"]
    joint = rows[texts].fillna("XNA").agg("|".join, axis=1)
    person = rows["SK_ID_CURR"]
    levels = {name: by_group(rows[name], rows["group"], person, levels=True) for name in PREVIOUS_LEVELS}
    return {
        "counts": counts_of(rows, people),
        "group": a.levels_of(rows["group"], people=rows["SK_ID_CURR"]),
        "product": by_group(joint, rows["group"], person),
        "levels": levels,
        "columns": {name: by_group(v, rows["group"], person, known=name in CONDITIONAL) for name, v in columns.items()},
        "card_share": _share_of_people(card, person),
        "loan_share": _share_of_people(instalment_loan, person),
    }


def _instalment_loans(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    rows, previous = tables["POS_CASH_balance"], tables["previous_application"]
    loans = previous[
        previous["NAME_CONTRACT_TYPE"].isin(["Cash loans", "Consumer loans"])
        & (previous["NAME_CONTRACT_STATUS"] == "Approved")
        & previous["DAYS_TERMINATION"].notna()
    ]
    person = rows["SK_ID_CURR"]
    starts = rows.groupby("SK_ID_PREV")["MONTHS_BALANCE"].idxmin()
    late, overdue = rows.loc[rows["SK_DPD"] > 0, "SK_DPD"], rows.loc[rows["SK_DPD_DEF"] > 0, "SK_DPD_DEF"]
    return {
        "share": a.share_of(loans["SK_ID_PREV"].isin(rows["SK_ID_PREV"]), loans["SK_ID_CURR"]),
        "signed": a.share_of(rows.loc[starts, "NAME_CONTRACT_STATUS"] == "Signed", person),
        "late_share": a.share_of(rows["SK_DPD"] > 0, person),
        "late_days": a.grid_of(late, person, step=1.0, most=41),
        "overdue_among_late": a.share_of(rows.loc[late.index, "SK_DPD_DEF"] > 0, person),
        "overdue_days": a.grid_of(overdue, person, step=1.0, most=41),
        "count_missing": a.share_of(rows["CNT_INSTALMENT"].isna(), person),
    }


def _payments(rows: pd.DataFrame) -> dict[str, Any]:
    person = rows["SK_ID_CURR"]
    late = rows["DAYS_ENTRY_PAYMENT"] - rows["DAYS_INSTALMENT"]
    short = rows["AMT_PAYMENT"] < rows["AMT_INSTALMENT"]
    version = rows["NUM_INSTALMENT_VERSION"].where(rows["NUM_INSTALMENT_VERSION"] > 0)
    return {
        "days_late": a.grid_of(late.dropna(), person, step=1.0),
        "short_share": a.share_of(short, person),
        "paid_when_short": a.grid_of(
            (rows["AMT_PAYMENT"] / rows["AMT_INSTALMENT"].clip(lower=0.01))[short], person, most=41
        ),
        "version": a.levels_of(version.dropna(), people=person),
    }
