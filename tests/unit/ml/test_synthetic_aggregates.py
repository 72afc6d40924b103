"""What the generator learnt from: grids and levels that disclose no small group, and draw what they learnt."""

import numpy as np
import pandas as pd

from ml.synthetic.aggregates import grid_of, levels_of, rates_by_parent, share_of
from ml.synthetic.marginals import Grid, Levels


def test_grid_draws_and_ranks() -> None:
    grid = Grid(np.array([0.0, 10.0, 10.0, 20.0, 30.0]), missing=0.5, step=5.0)
    drawn = grid.draw(np.array([0.2, 0.5, 0.75, 1.0]))
    np.testing.assert_array_equal(drawn, [np.nan, 0.0, 10.0, 30.0])
    np.testing.assert_allclose(grid.rank(np.array([10.0, np.nan, 30.0])), [0.375, np.nan, 1.0])


def test_levels_follow_their_parent() -> None:
    levels = Levels(("a", "b"), np.array([1.0, 0.0]), "p", {"x": np.array([0.0, 1.0])})
    assert levels.draw(np.array([0.3, 0.3]), np.array(["x", "y"], dtype=object)).tolist() == ["b", "a"]


def test_aggregates_disclose_no_small_group() -> None:
    values = pd.Series(np.arange(1000.0))
    grid = grid_of(values)["grid"]
    assert (min(grid), max(grid)) == (49.0, 950.0)
    assert len(grid) == 20
    text = pd.Series(["common"] * 900 + ["rare"] * 40 + ["other"] * 30 + ["one"])
    entry = levels_of(text)
    assert entry["values"][0] == "common"
    assert len(set(entry["rates"][1:])) == 1
    assert levels_of(pd.Series([0.0] * 500 + [1.0] * 60 + [9.0] * 3))["rates"] == [
        round(500 / 563, 5),
        round(63 / 563, 5),
    ]


def test_aggregates_count_people_not_rows() -> None:
    values = pd.Series(np.arange(1000.0))
    assert grid_of(values, pd.Series(np.arange(1000) % 49))["missing"] == 1.0
    few_own_the_top = pd.Series(np.where(values >= 700, 1, values))
    assert max(grid_of(values, few_own_the_top)["grid"]) == 651.0
    assert share_of(values >= 700, few_own_the_top) == 0.0
    kinds = pd.Series(["a"] * 700 + ["b"] * 300)
    assert levels_of(kinds, people=few_own_the_top)["values"] == ["a"]


def test_rates_by_parent_need_many_people() -> None:
    values = pd.Series(["a", "b"] * 300 + ["a"] * 100)
    parents = pd.Series(["many"] * 600 + ["few"] * 100)
    assert set(rates_by_parent(values, parents, ["a", "b"])) == {"many"}
