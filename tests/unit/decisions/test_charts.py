import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions import charts
from explanations.wording import Factor, ReasonGroup

SHARES = st.floats(min_value=0.0001, max_value=0.9999)


def group(code: str, contribution: float, *, is_reason: bool = True) -> ReasonGroup:
    return ReasonGroup(code, code.title(), (Factor(code, "1", contribution),), is_reason)


@given(probability=SHARES, cutoff=SHARES)
def test_gauge_keeps_mark_and_cutoff_on_the_scale_and_in_order(probability: float, cutoff: float) -> None:
    drawn = charts.gauge(probability, cutoff)
    assert charts.GAUGE_MARGIN <= drawn.mark <= drawn.end
    assert charts.GAUGE_MARGIN <= drawn.cutoff <= drawn.end
    assert (drawn.mark >= drawn.cutoff) if probability > cutoff else (drawn.mark <= drawn.cutoff)


def test_gauge_says_the_same_in_words() -> None:
    assert "under the cutoff" in charts.gauge(0.09, 0.09).summary
    assert "over the cutoff" in charts.gauge(0.0901, 0.09).summary


@pytest.mark.parametrize(
    ("contribution", "expected"), [(0.306, "+0.31"), (-0.306, "\u22120.31"), (0.0049, "0.00"), (-0.001, "0.00")]
)
def test_weight_has_a_sign_only_where_it_shows(contribution: float, expected: str) -> None:
    assert charts.weight(contribution) == expected


def test_figure_parts_adverse_from_favourable() -> None:
    adverse, favourable = charts.reasons_figure([group("income", 0.4), group("assets", -0.2)], {})["data"]
    assert adverse["x"] == [None, 0.4]
    assert favourable["x"] == [-0.2, None]


def test_summary_names_only_what_may_be_given_as_a_reason() -> None:
    groups = [group("", 0.9, is_reason=False), group("income", 0.4), group("assets", -0.2)]
    assert charts.reasons_summary(groups) == "Most against: income. Most in favour: assets."
    assert charts.reasons_summary(groups[1:2]) == "Most against: income."
    assert charts.reasons_summary(groups[2:]) == "Nothing in this file speaks against the applicant."


def test_usual_weight_stands_beside_this_cases_in_words_and_on_the_bars_own_side() -> None:
    usual = {"income": 0.2, "assets": 0.4, "age": 0.1}
    groups = [group("income", 0.4), group("assets", -0.2), group("age", 0.12), group("new", 0.05)]
    lines = charts.reason_lines(groups, usual)
    assert [line.than_usual for line in lines] == ["more than usual", "less than usual", "about as usual", ""]
    assert [line.usual_weight for line in lines] == ["±0.20", "±0.40", "±0.10", ""]
    marks = charts.reasons_figure(groups, usual)["data"][2]
    assert marks["x"] == [None, 0.1, -0.4, 0.2]


def test_without_usual_weights_nothing_is_marked() -> None:
    assert len(charts.reasons_figure([group("income", 0.4)], {})["data"]) == 2
