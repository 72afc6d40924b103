import numpy as np
import pytest

from ml.fairness import GroupFigures, group_figures, ratio_interval, wilson_interval
from ml.metrics import Interval


def figures(groups, defaults, probabilities, cutoff=0.5, fewest=1) -> dict[str, GroupFigures]:
    found = group_figures(
        np.array(groups),
        np.array(defaults, dtype=float),
        np.array(probabilities),
        np.array(probabilities) > cutoff,
        fewest_rows=fewest,
        fewest_defaulters=1,
    )
    return {each.group: each for each in found}


@pytest.fixture
def by_hand() -> dict[str, GroupFigures]:
    """a: 3 of 4 approved, 2 of the 3 payers; b: 1 of 4 approved, the other 2 payers not."""
    groups = ["a"] * 4 + ["b"] * 4
    defaults = [0, 0, 0, 1, 0, 0, 0, 1]
    return figures(groups, defaults, [0.1, 0.2, 0.9, 0.3, 0.4, 0.6, 0.7, 0.8])


def test_a_case_by_hand(by_hand):
    a, b = by_hand["a"], by_hand["b"]
    assert (a.approval_rate.value, b.approval_rate.value) == (0.75, 0.25)
    assert (a.equal_opportunity.value, b.equal_opportunity.value) == pytest.approx((2 / 3, 1 / 3))
    assert b.adverse_impact_ratio.value == pytest.approx(1 / 3)
    assert (a.expected, b.expected) == pytest.approx((0.375, 0.625))
    assert (a.observed.value, b.observed.value) == (0.25, 0.25)
    assert (a.auc.value, b.auc.value) == pytest.approx((2 / 3, 1.0))


def test_the_reference_is_approved_most_often(by_hand):
    assert (by_hand["a"].is_reference, by_hand["b"].is_reference) == (True, False)
    assert by_hand["a"].adverse_impact_ratio == Interval(1.0, 1.0, 1.0)


def test_calibration_agrees_only_within_the_interval(by_hand):
    assert by_hand["a"].calibration_agrees
    always = figures(["a"] * 200, [0] * 100 + [1] * 100, [0.9] * 200)["a"]
    assert always.calibration_agrees is False
    assert GroupFigures("a", 3).calibration_agrees is None


def test_a_small_group_shows_nothing_but_its_size_and_is_no_reference():
    groups = ["few"] * 2 + ["many"] * 6
    defaults, probabilities = [0, 1, 0, 0, 0, 1, 1, 1], [0.1, 0.1, 0.2, 0.3, 0.8, 0.4, 0.7, 0.9]
    found = figures(groups, defaults, probabilities, fewest=3)
    assert found["few"] == GroupFigures("few", 2)
    assert found["few"].is_small
    assert found["many"].is_reference


def test_one_outcome_only_is_small_however_many():
    found = figures(["a"] * 50 + ["b"] * 4, [0] * 50 + [0, 1, 0, 1], [0.1] * 50 + [0.2, 0.3, 0.6, 0.8])
    assert found["a"].is_small
    assert found["b"].adverse_impact_ratio == Interval(1.0, 1.0, 1.0)


def test_nobody_large_enough_means_no_reference():
    found = figures(["a", "b"], [0, 1], [0.1, 0.2], fewest=5)
    assert not any(each.is_reference for each in found.values())


def test_nobody_approved_has_no_ratio():
    found = figures(["a", "a", "b", "b"], [0, 1, 0, 1], [0.6, 0.7, 0.1, 0.2])
    assert found["a"].adverse_impact_ratio is None
    assert found["a"].approval_rate.value == 0


def test_wilson_agrees_with_its_published_example():
    found = wilson_interval(81, 263)  # Newcombe (1998), table I
    assert (round(found.lower, 4), round(found.upper, 4)) == (0.2553, 0.3662)


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (10, 10)])
def test_wilson_stays_a_share(successes, trials):
    found = wilson_interval(successes, trials)
    assert 0 <= found.lower <= found.value <= found.upper <= 1
    assert found.upper > found.lower


@pytest.mark.parametrize(("successes", "trials"), [(1, 0), (3, 2), (-1, 2)])
def test_wilson_refuses_what_is_no_share(successes, trials):
    with pytest.raises(ValueError, match="no share"):
        wilson_interval(successes, trials)


def test_katz_agrees_with_the_formula():
    found = ratio_interval(40, 100, 80, 100)
    spread = np.exp(1.959964 * np.sqrt(1 / 40 - 1 / 100 + 1 / 80 - 1 / 100))
    assert (found.lower, found.upper) == pytest.approx((0.5 / spread, 0.5 * spread), rel=1e-6)


@pytest.mark.parametrize("lengths", [(0, 0), (2, 3)])
def test_arrays_must_match(lengths):
    group, labels = np.array(["a"] * lengths[0]), np.zeros(lengths[1])
    with pytest.raises(ValueError, match="one length"):
        group_figures(group, labels, labels, labels > 0)
