import numpy as np
import pytest

from ml.contributions import grouped
from ml.features import Feature, Specification, load_specification
from ml.reasons import principal_reasons


def feature(name: str, reason_code: str) -> Feature:
    return Feature(name, "column", (name,), name, name, "none", reason_code, bool(reason_code))


FEATURES = [
    ("score_1", "external"),
    ("score_2", "external"),
    ("income", "income"),
    ("debt", "debt"),
    ("age", ""),
    ("phone", "phone"),
    ("job", "job"),
    ("home", "home"),
]
SPECIFICATION = Specification("test", "1", tuple(feature(*pair) for pair in FEATURES))


def reasons(values: list[float], limit: int = 4) -> list[tuple[str, float, tuple[str, ...]]]:
    found = principal_reasons(np.array(values), SPECIFICATION, np.zeros(len(values)), limit)
    return [(reason.reason_code, pytest.approx(reason.contribution), reason.features) for reason in found]


def test_adverse_groups_heaviest_first_never_the_forbidden_one():
    assert reasons([0.2, 0.3, -0.4, 0.1, 9.0, 0.0, -0.1, -0.1]) == [
        ("external", 0.5, ("score_2", "score_1")),
        ("debt", 0.1, ("debt",)),
    ]


def test_a_group_that_lowers_the_risk_on_the_whole_is_no_reason():
    assert reasons([0.2, -0.3, 0, 0, 0, 0, 0, 0]) == []


def test_a_favourable_feature_is_not_named_in_an_adverse_group():
    assert reasons([0.5, -0.2, 0, 0, 0, 0, 0, 0]) == [("external", 0.3, ("score_1",))]


@pytest.mark.parametrize(("limit", "expected"), [(4, 4), (9, 4), (2, 2), (0, 0), (-1, 0)])
def test_never_more_than_four(limit, expected):
    assert len(reasons([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], limit)) == expected


def test_equal_reasons_come_in_a_fixed_order():
    assert [code for code, *_ in reasons([0, 0, 0.1, 0.1, 0, 0.1, 0, 0])] == ["debt", "income", "phone"]


def test_groups_add_up_to_the_whole():
    values = np.array([0.2, -0.3, 0.1, 0.4, 0.5, -0.6, 0.7, 0.8])
    groups = grouped(values, SPECIFICATION)
    assert groups[""] == 0.5
    assert groups["external"] == pytest.approx(-0.1)
    assert sum(groups.values()) == pytest.approx(values.sum())


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="zip"):
        principal_reasons(np.zeros(3), SPECIFICATION, np.zeros(8))


def test_what_was_missing_is_never_given_as_if_it_had_been_known():
    specification = load_specification()
    row = np.full(len(specification.features), np.nan, dtype=np.float32)
    given = [feature.op != "aggregate" and not feature.missing_reason_code for feature in specification.features]
    found = {reason.reason_code for reason in principal_reasons(np.array(given) * 0.1, specification, row)}
    assert found == {"missing_information", "external_score_missing"}
