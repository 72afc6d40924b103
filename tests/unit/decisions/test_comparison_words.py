"""The ranges of a picture in words: whole where people, loans or months are counted."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from decisions.comparison.wording import bin_labels
from explanations.comparison import Bins
from explanations.reference import MOSTLY_WHOLE, _as_counted


def compared(*, is_ago: bool = False) -> Any:
    return SimpleNamespace(text=lambda value: f"{value:g}", is_ago=is_ago)


def test_counted_ranges_name_their_last_number_and_measured_ones_their_limit() -> None:
    limits = (2.0, 5.0, 8.0)
    counted, measured = Bins(limits, (0.0, 20.0), is_counted=True), Bins(limits, (0.0, 20.0))
    assert bin_labels(compared(), counted) == ["under 2", "2 to 4", "5 to 7", "from 8"]
    assert bin_labels(compared(), measured) == ["under 2", "2 to 5", "5 to 8", "from 8"]


def test_range_of_one_number_is_that_number() -> None:
    bins = Bins((1.0, 2.0, 3.0), (0.0, 9.0), is_counted=True)
    assert bin_labels(compared(), bins) == ["under 1", "1", "2", "from 3"]


def test_percentile_between_two_counts_is_a_count_and_a_mean_stays_as_it_is() -> None:
    counts = np.append(np.arange(0.0, 60.0), [0.46, 3.2])
    assert np.array_equal(_as_counted(counts), np.append(np.arange(0.0, 60.0), [0.0, 3.0]))
    means = np.linspace(0, 10, 101)
    assert np.mean(means == np.rint(means)) < MOSTLY_WHOLE
    assert np.array_equal(_as_counted(means), means)
