"""How near drawn tables come to the portfolio they imitate: marginals, dependence, default rate, counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml.synthetic.aggregates import rank_correlation
from ml.synthetic.drivers import OF_EMPLOYED, application_drivers, code_drivers
from ml.synthetic.marginals import MISSING, Grid, Levels, Marginal
from ml.synthetic.parameters import application_parameters, child_parameters

COUNTED = ("bureau", "previous_application")


@dataclass(frozen=True)
class ColumnFidelity:
    """One column: Kolmogorov-Smirnov (numbers) or total variation distance (categories), 0 to 1, 0 is equal."""

    column: str
    measure: str
    distance: float


@dataclass(frozen=True)
class CountFidelity:
    """Rows per applicant of a child table, wanted and drawn, and the share of applicants without any."""

    table: str
    mean_wanted: float
    mean_drawn: float
    without_wanted: float
    without_drawn: float

    def markdown(self) -> str:
        """The counts as a row of a Markdown table."""
        means = f"{self.mean_wanted:.2f} | {self.mean_drawn:.2f}"
        return f"| {self.table} | {means} | {self.without_wanted:.1%} | {self.without_drawn:.1%} |"


@dataclass(frozen=True)
class FidelityReport:
    """The comparison; correlation errors are absolute differences of Spearman correlations over all pairs."""

    applicants: int
    default_rate: float
    columns: tuple[ColumnFidelity, ...]
    correlation_error_mean: float
    correlation_error_95: float
    counts: tuple[CountFidelity, ...]

    def markdown(self) -> str:
        """The report as Markdown, worst columns first."""
        worst = sorted(self.columns, key=lambda column: -column.distance)
        lines = [
            "# Fidelity of synthetic data",
            "",
            f"{self.applicants:,} applicants, default rate {self.default_rate:.2%}.",
            f"Spearman correlations: mean absolute error {self.correlation_error_mean:.4f}, "
            f"95th percentile {self.correlation_error_95:.4f}.",
            f"Columns: mean distance {np.mean([c.distance for c in self.columns]):.4f}.",
            "",
            "| rows per applicant | wanted | drawn | without any, wanted | drawn |",
            "|---|---|---|---|---|",
            *(count.markdown() for count in self.counts),
            "",
            "| column | measure | distance |",
            "|---|---|---|",
            *(f"| {c.column} | {c.measure} | {c.distance:.4f} |" for c in worst),
        ]
        return "\n".join(lines) + "\n"


def fidelity_report(tables: Mapping[str, pd.DataFrame]) -> FidelityReport:
    """Compare tables with the stored aggregates.

    Parameters
    ----------
    tables : ``application`` with ``TARGET`` and the child tables, as ``generate`` gives them.

    Returns
    -------
    The report. Distances of a small draw are mostly chance: about 1 / sqrt(n).
    """
    parameters = application_parameters()
    application = tables["application"]
    drivers = application_drivers(application)[list(parameters.drivers)]
    order = {
        name: [str(value) for value in marginal.values]
        for name, marginal in parameters.drivers.items()
        if isinstance(marginal, Levels) and marginal.array().dtype == object
    }
    least = min(500, len(application) // 4)
    gaps = np.abs(rank_correlation(code_drivers(drivers, order), least) - parameters.observed)
    pairs = gaps[np.tril_indices(len(gaps), -1)]
    employed = drivers["NAME_INCOME_TYPE"] != "Pensioner"
    return FidelityReport(
        applicants=len(application),
        default_rate=float(application["TARGET"].mean()),
        columns=tuple(
            _column(name, marginal, drivers.loc[employed, name] if name in OF_EMPLOYED else drivers[name])
            for name, marginal in parameters.drivers.items()
        ),
        correlation_error_mean=float(pairs.mean()),
        correlation_error_95=float(np.quantile(pairs, 0.95)),
        counts=tuple(_counts(name, tables) for name in COUNTED),
    )


def _column(name: str, marginal: Marginal, values: pd.Series[Any]) -> ColumnFidelity:
    if isinstance(marginal, Grid):
        return ColumnFidelity(name, "KS", _ks(marginal, np.sort(values.dropna().to_numpy(dtype=np.float64))))
    filled = values.astype(object).where(values.notna(), MISSING)
    known = filled[filled != MISSING] if MISSING not in marginal.values else filled
    drawn = known.value_counts(normalize=True)
    wanted = pd.Series(marginal.rates / marginal.rates.sum(), index=list(marginal.values), dtype=float)
    return ColumnFidelity(name, "total variation", float(drawn.sub(wanted, fill_value=0.0).abs().sum() / 2))


def _ks(marginal: Grid, ordered: Any) -> float:
    """Largest gap between the drawn and the wanted distribution functions, looked up at the wanted quantiles."""
    if not len(ordered):
        return 1.0
    levels = np.unique(marginal.values)
    most = len(marginal.values) - 1
    at_most = (np.searchsorted(marginal.values, levels, side="right") - 1) / most
    below = np.searchsorted(marginal.values, levels, side="left") / most
    drawn_at_most = np.searchsorted(ordered, levels, side="right") / len(ordered)
    drawn_below = np.searchsorted(ordered, levels, side="left") / len(ordered)
    # A single quantile pins the function only from one side: count what falls outside its bounds.
    above = np.maximum(drawn_below - below, 0.0)
    under = np.maximum(at_most - drawn_at_most, 0.0)
    return float(max(above.max(), under.max()))


def _counts(name: str, tables: Mapping[str, pd.DataFrame]) -> CountFidelity:
    application = tables["application"]
    unknown = float(application["AMT_REQ_CREDIT_BUREAU_YEAR"].isna().mean())
    counts = child_parameters()[name]["counts"]
    drawn = tables[name].groupby("SK_ID_CURR").size().reindex(application["SK_ID_CURR"], fill_value=0)
    shares = {"unknown": unknown, "known": 1.0 - unknown}
    return CountFidelity(
        table=name,
        mean_wanted=sum(share * _mean(counts[group]) for group, share in shares.items()),
        mean_drawn=float(drawn.mean()),
        without_wanted=sum(share * _none(counts[group]) for group, share in shares.items()),
        without_drawn=float((drawn == 0).mean()),
    )


def _mean(levels: Levels) -> float:
    return float(np.sum(levels.array() * levels.rates) / levels.rates.sum())


def _none(levels: Levels) -> float:
    return float(levels.rates[levels.array() == 0].sum() / levels.rates.sum())
