"""The one place that imports optbinning, and keeps its import quiet.

Its KS starts the population count at 0 and is short by 1 / payers against the two-sample statistic: figures
come from :mod:`ml.metrics` alone.
"""

from __future__ import annotations

import logging


def _is_news(record: logging.LogRecord) -> bool:
    # optbinning loads OR-Tools, then CVXPY, whose HiGHS cannot load beside OR-Tools' own copy. CVXPY says so on
    # standard error at each start. Bins are found by OR-Tools, so nothing is lost; loading HiGHS first breaks it.
    return "importing solver HIGHS" not in record.getMessage()


_cvxpy = logging.getLogger("__cvxpy__")
_cvxpy.addFilter(_is_news)
from optbinning import OptimalBinning  # noqa: E402 - after the filter that quiets it

_cvxpy.removeFilter(_is_news)

__all__ = ["OptimalBinning"]
