import numpy as np
import pytest
from scipy import stats

from ml.stability import psi
from monitoring.enums import Level
from monitoring.policy import FEWEST_ROWS, chance_bound, level_of, worst


@pytest.mark.parametrize(
    ("value", "level"),
    [(0.0, Level.STABLE), (0.0999, Level.STABLE), (0.1, Level.WATCH), (0.2499, Level.WATCH), (0.25, Level.ALARM)],
)
def test_level_follows_the_thresholds(value, level):
    assert level_of(value, 10_000, 0.001) == level


def test_too_few_rows_are_never_judged():
    assert level_of(9.0, FEWEST_ROWS - 1, 0.0) == Level.UNJUDGED
    assert level_of(9.0, FEWEST_ROWS, 0.0) == Level.ALARM


def test_what_chance_can_do_is_no_alarm():
    assert level_of(0.5, 130, 0.6) == Level.UNJUDGED
    assert level_of(0.05, 130, 0.6) == Level.STABLE


def test_chance_bound_holds_where_nothing_moved():
    generator = np.random.default_rng(5)
    shares = np.full(10, 0.1)
    reference, windows = generator.multinomial(20_000, shares) / 20_000, generator.multinomial(400, shares, 2000) / 400
    over = np.mean([psi(reference, window) > chance_bound(10, 20_000, 400) for window in windows])
    assert over < 0.03
    assert chance_bound(10, 20_000, 400) == pytest.approx(stats.chi2.ppf(0.99, 9) * (1 / 20_000 + 1 / 400))


def test_one_class_cannot_move():
    assert chance_bound(1, 100, 100) == 0.0


def test_one_alarm_is_an_alarm():
    assert worst([Level.STABLE, Level.ALARM, Level.UNJUDGED]) == Level.ALARM
    assert worst([Level.STABLE, Level.UNJUDGED]) == Level.UNJUDGED
    assert worst([]) == Level.UNJUDGED
