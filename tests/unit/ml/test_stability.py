import math

import numpy as np
import pytest

from ml.stability import (
    FLOOR,
    Population,
    csi_table,
    freeze_bins,
    freeze_population,
    psi,
    score_psi,
    stability_state,
)


def test_psi_by_hand():
    expected = 0.1 * math.log(0.6 / 0.5) - 0.1 * math.log(0.4 / 0.5)
    assert psi([0.5, 0.5], [0.6, 0.4]) == pytest.approx(expected, abs=1e-15)


def test_psi_of_a_sample_with_itself_is_zero():
    assert psi([0.2, 0.3, 0.5], [0.2, 0.3, 0.5]) == 0.0


def test_psi_does_not_care_which_is_the_reference():
    assert psi([0.1, 0.9], [0.3, 0.7]) == pytest.approx(psi([0.3, 0.7], [0.1, 0.9]))


def test_psi_of_an_empty_bin_uses_the_floor():
    assert psi([0.5, 0.5], [1.0, 0.0]) == pytest.approx(0.5 * math.log(2) + (FLOOR - 0.5) * math.log(FLOOR / 0.5))


@pytest.mark.parametrize(
    ("reference", "current"), [([1.0], [0.5, 0.5]), ([], []), ([0.5, 0.5], [np.nan, 1.0]), ([0.5, 0.5], [1.5, -0.5])]
)
def test_psi_refuses_unusable_proportions(reference, current):
    with pytest.raises(ValueError, match=r"bins|Proportions"):
        psi(reference, current)


@pytest.mark.parametrize(("index", "state"), [(0.0999, "stable"), (0.1, "watch"), (0.2499, "watch"), (0.25, "alarm")])
def test_state_words(index, state):
    assert stability_state(index) == state


def test_numeric_bins_are_of_equal_size_and_frozen():
    bins = freeze_bins("amount", np.arange(1000.0))
    assert bins.proportions == pytest.approx([0.1] * 10 + [0.0])
    assert bins.counts([-5.0, 5000.0, np.nan]).tolist() == [1, *[0] * 8, 1, 1]
    assert len(bins.labels) == len(bins.proportions)


def test_a_value_on_an_edge_falls_above_it():
    bins = freeze_bins("flag", [0.0, 0.0, 0.0, 1.0])
    assert bins.counts([0.0, 1.0]).tolist() == [1, 1, 0]


def test_category_bins_count_unknown_as_missing():
    bins = freeze_bins("colour", [0.0, 1.0, 1.0, np.nan], ("red", "blue"))
    assert bins.proportions == (0.25, 0.5, 0.25)
    assert bins.counts([0.0, 7.0, np.nan]).tolist() == [1, 0, 2]
    assert bins.labels == ("red", "blue", "missing")


def test_a_rare_value_has_its_own_bin():
    rare = freeze_bins("flag", [0.0] * 99 + [1.0])
    assert rare.proportions == (0.99, 0.01, 0.0)
    counts = freeze_bins("count", [0.0] * 990 + list(range(1, 21)))
    assert counts.edges[0] == 1.0


@pytest.mark.parametrize("values", [[3.0, 3.0, 3.0], [np.nan, np.nan]])
def test_constant_and_missing_features_have_one_bin(values):
    bins = freeze_bins("still", values)
    assert bins.labels == ("all", "missing")
    assert sum(bins.proportions) == 1.0


def test_no_reference_values_are_refused():
    with pytest.raises(ValueError, match="no reference values"):
        freeze_bins("nothing", [])


def test_csi_of_the_reference_itself_is_zero(outcome):
    matrix = outcome.data.matrix
    population = freeze_population(outcome.specification, matrix, outcome.out_of_fold)
    assert max(row.csi for row in csi_table(population, matrix)) == 0.0
    assert score_psi(population, outcome.out_of_fold).csi == 0.0


def test_csi_names_the_feature_that_moved(model, applicants):
    moved = model.matrix(applicants)
    place = model.feature_names.index("AMT_CREDIT")
    moved[:, place] *= 5
    first = csi_table(model.population, moved)[0]
    assert (first.feature, first.state) == ("AMT_CREDIT", "alarm")


def test_csi_sees_a_feature_that_went_missing(model, applicants):
    matrix = model.matrix(applicants)
    matrix[:, model.feature_names.index("EXT_SOURCE_3")] = np.nan
    row = next(row for row in csi_table(model.population, matrix) if row.feature == "EXT_SOURCE_3")
    assert row.state == "alarm"
    assert row.reference_missing < 0.2
    assert row.current_missing == 1.0


def test_csi_refuses_no_rows_and_a_wrong_width(model):
    empty = np.empty((0, len(model.feature_names)), dtype=np.float32)
    for matrix in (empty, np.zeros((2, 3), dtype=np.float32)):
        with pytest.raises(ValueError, match="matrix of"):
            csi_table(model.population, matrix)
    with pytest.raises(ValueError, match="No current scores"):
        score_psi(model.population, [])


def test_population_survives_the_round_trip(model):
    assert Population.from_dict(model.population.as_dict()) == model.population


def test_share_below(model, applicants):
    population = model.population
    median = float(applicants["AMT_CREDIT"].median())
    assert population.share_below("AMT_CREDIT", median) == pytest.approx(0.5, abs=0.02)
    assert population.share_below("AMT_CREDIT", -1.0) == 0.0
    assert population.share_below("AMT_CREDIT", 1e12) == 1.0
    assert population.share_below("AMT_CREDIT", math.nan) is None
    assert population.share_below("OCCUPATION_TYPE", 1.0) is None
    assert population.feature("AMT_CREDIT").name == "AMT_CREDIT"
