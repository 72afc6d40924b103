import pytest

from ml.errors import BundleError
from ml.scorecard import Scaling, risk_grade, score_points

SCALING = Scaling()


@pytest.mark.parametrize(("odds", "points"), [(20, 600), (40, 640), (80, 680), (10, 560)])
def test_points_double_the_odds(odds, points):
    assert score_points(1 / (odds + 1), SCALING) == points


@pytest.mark.parametrize(("probability", "points"), [(0.0, 900), (1.0, 300)])
def test_points_stay_in_their_range(probability, points):
    assert score_points(probability, SCALING) == points


@pytest.mark.parametrize(
    ("probability", "grade"),
    [
        (0.0, "A"),
        (0.0199, "A"),
        (0.02, "B"),
        (0.05, "C"),
        (0.0899, "D"),
        (0.1, "E"),
        (0.2, "F"),
        (0.25, "G"),
        (1.0, "G"),
    ],
)
def test_grades(probability, grade):
    assert risk_grade(probability, SCALING) == grade


def test_safer_never_has_fewer_points():
    points = [score_points(step / 1000, SCALING) for step in range(1001)]
    assert points == sorted(points, reverse=True)


def test_round_trip_and_broken_bands():
    entry = SCALING.as_dict()
    assert Scaling.from_dict(entry) == SCALING
    with pytest.raises(BundleError):
        Scaling.from_dict({**entry, "grades": [["A", 0.5], ["B", 0.1]]})
    with pytest.raises(BundleError):
        Scaling.from_dict({**entry, "grades": []})
