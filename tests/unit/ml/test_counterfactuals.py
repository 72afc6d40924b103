"""Counterfactuals move only what can move, stay in range, and are the smallest that the bar accepts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from ml.contract import load_contract
from ml.counterfactuals import MOST_CHANGES, search
from ml.errors import ContractError
from ml.levers import Lever, load_levers

CREDIT = Lever("AMT_CREDIT", 0.5, 1000.0, ("AMT_GOODS_PRICE",))
INCOME = Lever("AMT_INCOME_TOTAL", 1.5, 1000.0)
ROW = {"AMT_CREDIT": 100_000.0, "AMT_GOODS_PRICE": 90_000.0, "AMT_INCOME_TOTAL": 40_000.0, "DAYS_EMPLOYED": -365}


def burden(rows: Sequence[dict[str, Any]]) -> np.ndarray[Any, Any]:
    """A model one can compute in the head: credit over income, a tenth of it."""
    return np.array([row["AMT_CREDIT"] / row["AMT_INCOME_TOTAL"] / 10 for row in rows])


def find(levers: Sequence[Lever], bar: float, **row: Any) -> Any:
    return search(
        {**ROW, **row},
        levers,
        load_contract(),
        predict=burden,
        accept=lambda changed: bool(burden([changed])[0] <= bar),
    )


def test_smallest_single_change_is_found():
    (credit, income) = find([CREDIT, INCOME], 0.2)
    assert [(c.column, c.before, c.after) for c in credit.changes] == [("AMT_CREDIT", 100_000.0, 80_000.0)]
    assert credit.probability_of_default == pytest.approx(0.2)
    assert [(c.column, c.after) for c in income.changes] == [("AMT_INCOME_TOTAL", 50_000.0)]


def test_two_changes_only_when_one_is_not_enough():
    (both,) = find([CREDIT, INCOME], 0.1)
    assert {change.column for change in both.changes} == {"AMT_CREDIT", "AMT_INCOME_TOTAL"}
    assert both.probability_of_default <= 0.1


def test_nothing_feasible_gives_nothing():
    assert find([CREDIT, INCOME], 0.01) == []
    assert find([], 0.2) == []


def test_what_moves_along_moves_in_proportion_and_is_not_named():
    seen = []
    search(ROW, [CREDIT], load_contract(), predict=burden, accept=lambda row: bool(seen.append(row)))
    assert {round(row["AMT_GOODS_PRICE"] / row["AMT_CREDIT"], 9) for row in seen} == {0.9}


@pytest.mark.parametrize("missing", [None, 365243, 0])
def test_value_that_is_not_known_does_not_move(missing: Any):
    lever = Lever("DAYS_EMPLOYED", 2.0, 30.0)
    assert lever.values({"DAYS_EMPLOYED": missing}, load_contract(), 5) == []


def test_values_stay_in_the_range_of_the_contract():
    near_the_end = Lever("DAYS_EMPLOYED", 2.0, 30.0).values({"DAYS_EMPLOYED": -20_000}, load_contract(), 20)
    assert near_the_end
    assert min(near_the_end) >= -21_900


def test_home_credits_levers_touch_nothing_protected():
    contract = load_contract()
    for lever in load_levers("home_credit"):
        columns = [contract.application.column(name) for name in (lever.column, *lever.along)]
        assert not any(column.protected for column in columns)
    assert MOST_CHANGES == 3


def test_product_without_levers_has_none():
    assert load_levers("card_default") == ()


@pytest.mark.parametrize("column", ["CNT_CHILDREN", "CODE_GENDER", "NOTHING", "TARGET"])
def test_lever_that_nobody_may_move_is_refused(column, tmp_path, monkeypatch):
    folder = tmp_path / "home_credit"
    folder.mkdir()
    (folder / "levers.toml").write_text(f'[[lever]]\ncolumn = "{column}"\nfurthest = 0.5\nstep = 1.0\n')
    monkeypatch.setattr("ml.levers.product_folder", tmp_path.joinpath)
    with pytest.raises(ContractError, match=column):
        load_levers.__wrapped__("home_credit")
