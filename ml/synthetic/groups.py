"""Kinds of child rows: each kind has its own marginals, so that a row's values belong together."""

from __future__ import annotations

import numpy as np
import pandas as pd

CREDIT_TYPES = ("Consumer credit", "Credit card", "Car loan", "Mortgage", "Microloan")
LOAN_TYPES = ("Cash loans", "Consumer loans", "Revolving loans")
RARE = "other"


def bureau_groups(active: pd.Series, credit_type: pd.Series) -> pd.Series:
    """``state|type`` of each bureau credit; sold credits are one kind, rare types another."""
    kind = active + "|" + credit_type.where(credit_type.isin(CREDIT_TYPES), RARE)
    return kind.where(active != "Sold", "Sold|")


def loan_groups(contract_type: pd.Series, status: pd.Series) -> pd.Series:
    """``type|status`` of each previous application; withdrawn consumer loans count with unused offers."""
    unused = (contract_type == "Consumer loans") & (status == "Canceled")
    status = status.mask(unused | ((contract_type != "Consumer loans") & (status == "Unused offer")), "Canceled")
    status = status.mask(unused, "Unused offer")
    return contract_type.where(contract_type.isin(LOAN_TYPES), "Cash loans") + "|" + status


def split_group(groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two halves of each group's name, as objects, shape (n,) each."""
    halves = [group.split("|") for group in groups]
    return (
        np.array([half[0] for half in halves], dtype=object),
        np.array([half[1] for half in halves], dtype=object),
    )
