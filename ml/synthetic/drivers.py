"""The free columns of the application table: what is drawn, before rules derive the others.

An application keeps identities (a pensioner has no employer, family members are children plus one or two).
Drawing only the free part and deriving the rest keeps them exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ml.synthetic.marginals import MISSING

PENSIONER_DAYS = 365243
NO_EMPLOYER = "XNA"
COUPLES = ("Married", "Civil marriage")
REVOLVING = "Revolving loans"
MISSING_PREFIX = "MISSING_"
# Drawn for those who work; a rule fills them for pensioners.
OF_EMPLOYED = ("OCCUPATION_TYPE", "ORGANIZATION_TYPE")

REGION_PLACES = ("REG_REGION_NOT_LIVE_REGION", "REG_REGION_NOT_WORK_REGION", "LIVE_REGION_NOT_WORK_REGION")
CITY_PLACES = ("REG_CITY_NOT_LIVE_CITY", "REG_CITY_NOT_WORK_CITY", "LIVE_CITY_NOT_WORK_CITY")
SOCIAL = (
    "OBS_30_CNT_SOCIAL_CIRCLE",
    "DEF_30_CNT_SOCIAL_CIRCLE",
    "OBS_60_CNT_SOCIAL_CIRCLE",
    "DEF_60_CNT_SOCIAL_CIRCLE",
)
ENQUIRIES = tuple(f"AMT_REQ_CREDIT_BUREAU_{span}" for span in ("HOUR", "DAY", "WEEK", "MON", "QRT", "YEAR"))
BUILDING_FAMILIES = (
    "APARTMENTS",
    "BASEMENTAREA",
    "YEARS_BEGINEXPLUATATION",
    "YEARS_BUILD",
    "COMMONAREA",
    "ELEVATORS",
    "ENTRANCES",
    "FLOORSMAX",
    "FLOORSMIN",
    "LANDAREA",
    "LIVINGAPARTMENTS",
    "LIVINGAREA",
    "NONLIVINGAPARTMENTS",
    "NONLIVINGAREA",
)
# Each block is missing as one; the first column stands for it.
MISSING_BLOCKS: dict[str, tuple[str, ...]] = {
    "EXT_SOURCE_1": ("EXT_SOURCE_1",),
    "EXT_SOURCE_2": ("EXT_SOURCE_2",),
    "EXT_SOURCE_3": ("EXT_SOURCE_3",),
    "ENQUIRIES": ENQUIRIES,
    "SOCIAL": SOCIAL,
    "TOTALAREA_MODE": ("TOTALAREA_MODE",),
    **{name: tuple(f"{name}_{kind}" for kind in ("AVG", "MODE", "MEDI")) for name in BUILDING_FAMILIES},
}
# Columns that rules derive from the drivers; all others are drivers themselves.
DERIVED = {
    "SK_ID_CURR",
    "TARGET",
    "AMT_CREDIT",
    "AMT_ANNUITY",
    "CNT_FAM_MEMBERS",
    "FLAG_EMP_PHONE",
    "OBS_60_CNT_SOCIAL_CIRCLE",
    "DEF_60_CNT_SOCIAL_CIRCLE",
    *REGION_PLACES,
    *CITY_PLACES,
}


def application_drivers(frame: pd.DataFrame) -> pd.DataFrame:
    """The drivers of an application table, the inverse of drawing it.

    Parameters
    ----------
    frame : application rows with the competition's columns, shape (n, 121 or more).

    Returns
    -------
    Driver frame, shape (n, drivers): numbers or text; NaN where a driver has no say in the row.
    """
    drivers = frame.drop(columns=[c for c in DERIVED if c in frame.columns]).copy()
    drivers["DAYS_EMPLOYED"] = frame["DAYS_EMPLOYED"].where(frame["DAYS_EMPLOYED"] <= 0)
    drivers["ORGANIZATION_TYPE"] = frame["ORGANIZATION_TYPE"].where(frame["ORGANIZATION_TYPE"] != NO_EMPLOYER)
    revolving = frame["NAME_CONTRACT_TYPE"] == REVOLVING
    drivers["CREDIT_OVER_GOODS"] = (frame["AMT_CREDIT"] / frame["AMT_GOODS_PRICE"]).where(~revolving)
    drivers["TERM"] = (frame["AMT_CREDIT"] / frame["AMT_ANNUITY"]).where(~revolving)
    drivers["OBS_DROP"] = frame[SOCIAL[0]] - frame[SOCIAL[2]]
    drivers["DEF_DROP"] = frame[SOCIAL[1]] - frame[SOCIAL[3]]
    drivers["REGION_PLACES"] = _pattern(frame, REGION_PLACES)
    drivers["CITY_PLACES"] = _pattern(frame, CITY_PLACES)
    missing = {
        f"{MISSING_PREFIX}{name}": frame[columns[0]].isna().astype(float) for name, columns in MISSING_BLOCKS.items()
    }
    return pd.concat([drivers, pd.DataFrame(missing, index=frame.index)], axis=1)


def code_drivers(drivers: pd.DataFrame, order: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Drivers as numbers: text by its position in ``order``, shape as ``drivers``; unlisted text is NaN."""
    employed = drivers["NAME_INCOME_TYPE"] != "Pensioner"
    coded = {}
    for name in drivers:
        if name not in order:
            coded[name] = drivers[name].astype(np.float64)
            continue
        positions = {value: float(position) for position, value in enumerate(order[name])}
        codes = drivers[name].astype(object).where(drivers[name].notna(), MISSING).map(positions)
        coded[name] = codes.where(employed) if name in OF_EMPLOYED else codes
    return pd.DataFrame(coded).astype(np.float64)


def _pattern(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.Series:
    return frame[list(columns)].astype(np.int64).astype(str).agg("".join, axis=1)
