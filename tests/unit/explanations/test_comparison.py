"""Sums over people: places, bins, cells and neighbours, against values worked out by hand."""

import numpy as np
import pytest

from explanations.comparison import (
    FEWEST_IN_CELL,
    Bins,
    Crowd,
    bins_of,
    cells_of,
    cross_of,
    grid_size,
    nearest,
    place_of,
)

NAN = float("nan")


def crowd(*values: float) -> Crowd:
    return Crowd(len(values), {"income": np.array(values)})


def test_place_counts_those_under_and_those_at_the_value() -> None:
    place = place_of(crowd(1, 2, 2, 3, NAN), "income", 2)
    assert (place.below, place.equal, place.above) == (0.25, 0.5, 0.25)
    assert place.missing == pytest.approx(0.2)
    assert place.quartiles == (1.75, 2.0, 2.25)


def test_missing_value_has_no_place_but_the_others_have_their_quartiles() -> None:
    place = place_of(crowd(1, 2, 3), "income", None)
    assert place.below is None
    assert place.above is None
    assert place.quartiles == (1.5, 2.0, 2.5)


def test_nobody_gave_it() -> None:
    place = place_of(crowd(NAN, NAN), "income", 3)
    assert (place.missing, place.below, place.quartiles) == (1.0, None, None)


def test_answers_of_a_list_have_no_middle() -> None:
    assert place_of(crowd(0, 1, 1, 2), "income", 1, has_order=False).quartiles is None


def test_few_values_get_a_bin_each() -> None:
    bins = bins_of(np.array([0.0, 2.0, 2.0, 5.0, NAN]))
    assert bins.levels == (0.0, 2.0, 5.0)
    assert bins.shares(np.array([0.0, 2.0, 2.0, 5.0, NAN])) == [0.2, 0.4, 0.2]
    assert bins.places(np.array([5.0, 4.0, NAN])).tolist() == [2, -1, -1]


def test_many_values_are_cut_at_the_percentiles_and_outliers_fall_into_the_outer_bins() -> None:
    values = np.append(np.linspace(0, 100, 1000), 1e9)
    bins = bins_of(values)
    assert bins.count == 12
    assert bins.ends[1] < 101
    assert sum(bins.shares(values)) == pytest.approx(1)
    assert bins.places(np.array([-1e9, 1e9, NAN])).tolist() == [0, 11, -1]


def test_what_is_counted_is_cut_between_whole_numbers() -> None:
    values = np.repeat(np.arange(0.0, 31.0), 40)
    bins = bins_of(values)
    assert bins.is_counted
    assert all(edge.is_integer() for edge in bins.edges)
    assert len(set(np.diff(bins.edges[:-1]))) == 1
    assert sum(bins.shares(values)) == pytest.approx(1)
    assert not bins_of(values * 1000).is_counted
    assert not bins_of(values + 0.5).is_counted


def test_nearly_constant_values_still_have_bins() -> None:
    values = np.concatenate([np.zeros(5000), np.arange(1.0, 20.0)])
    bins = bins_of(values)
    assert bins.ends == (0.0, 19.0)
    assert sum(bins.shares(values)) == pytest.approx(1)


def test_small_cells_are_counted_but_not_shown() -> None:
    people = Crowd(9, {"x": np.array([0.0] * 5 + [1.0] * 4), "y": np.array([0.0] * 5 + [1.0] * 4)})
    bins = Bins(levels=(0.0, 1.0))
    cells = cells_of(people, ("x", bins), ("y", bins))
    assert [(cell.x, cell.y) for cell in cells.shown] == [(0.0, 0.0)]
    assert cells.hidden == pytest.approx(4 / 9)
    assert FEWEST_IN_CELL == 5


def test_cross_is_the_share_of_each_corner() -> None:
    x, y = np.array([True, True, False, False]), np.array([True, False, False, False])
    assert cross_of(x, y) == ((0.25, 0.25), (0.0, 0.5))
    assert cross_of(x[:0], y[:0]) == ((0.0, 0.0), (0.0, 0.0))


def test_grid_grows_with_people_within_its_limits() -> None:
    assert (grid_size(10), grid_size(200), grid_size(1_000_000)) == (4, 6, 16)


def test_nearest_counts_every_feature_alike_whatever_its_unit() -> None:
    columns = {"income": np.array([1e3, 2e3, 3e3, 4e3]), "rate": np.array([0.4, 0.3, 0.2, 0.1])}
    assert nearest(columns, {"income": 2e3, "rate": 0.3}, frozenset(), 1).tolist() == [1]
    assert nearest(columns, {"income": 4e3, "rate": 0.1}, frozenset(), 2).tolist() == [2, 3]


def test_missing_is_near_to_missing_and_a_listed_answer_is_the_same_or_not() -> None:
    columns = {"income": np.array([1.0, NAN, 3.0]), "job": np.array([9.0, 9.0, 1.0])}
    assert nearest(columns, {"income": None, "job": 9.0}, frozenset({"job"}), 1).tolist() == [1]
    assert nearest(columns, {"income": 3.0, "job": 9.0}, frozenset({"job"}), 1).tolist() == [0]


@pytest.mark.parametrize(("people", "enough"), [(9, False), (10, True)])
def test_fewer_than_ten_people_are_too_few(people: int, enough: bool) -> None:
    assert Crowd(people, {}).is_enough is enough
