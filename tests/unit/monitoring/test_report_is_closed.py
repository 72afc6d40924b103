"""The report is drawn from two small tables, with everything inside it."""

import os
import re

import numpy as np
import pandas as pd
import pytest

from monitoring.samples import Samples

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def html():
    from monitoring.evidently_report import drift_report_html

    generator = np.random.default_rng(3)
    tables = [
        pd.DataFrame(
            {"Income": generator.normal(mean, 1, 300), "Kind": pd.Series(["a", "b", None] * 100, dtype=object)}
        )
        for mean in (0, 2)
    ]
    return drift_report_html(Samples(reference=tables[0], current=tables[1], categories=("Kind",), left_out=()))


def test_report_names_its_columns(html):
    assert "Income" in html
    assert "Kind" in html


def test_report_loads_nothing_from_elsewhere(html):
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)\s*=", html)


def test_drawing_sends_no_usage_statistics(html):
    assert os.environ["DO_NOT_TRACK"] == "1"
