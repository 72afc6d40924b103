"""Pictures of two distributions over the same bins, as plain numbers; a table beside says the same."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from monitoring.wording import Bin

REFERENCE, CURRENT, GRID = "#8793a0", "#0f5257", "#d5dbe1"
SPARK_WIDTH, SPARK_HEIGHT = 132, 30
# more bars than this in a table's cell are dust; the feature's own page shows all
SPARK_BINS = 12
LEGEND_HEIGHT = 40


@dataclass(frozen=True)
class SparkBar:
    """A pair of bars in SVG units, reference left and current right."""

    x: float
    x_current: float
    width: float
    y_reference: float
    reference: float
    y_current: float
    current: float


def spark(bins: list[Bin]) -> list[SparkBar]:
    shown = _largest(bins)
    top = max([bin.reference for bin in shown] + [bin.current for bin in shown] + [1e-9])
    step = SPARK_WIDTH / len(shown)
    width = step * 0.4
    return [_pair(place * step, width, bin, top) for place, bin in enumerate(shown)]


def bins_figure(bins: list[Bin], axis: str) -> dict[str, Any]:
    """Grouped bars, shares in percent; both sides named in the legend."""
    names = [bin.label for bin in bins]
    sideways = len(bins) > SPARK_BINS
    traces = [
        _trace(_("Reference (training)"), [bin.reference for bin in bins], names, REFERENCE, sideways),
        _trace(_("Current"), [bin.current for bin in bins], names, CURRENT, sideways),
    ]
    share = {"title": {"text": _("Share of applicants")}, "tickformat": "~%", "gridcolor": GRID, "rangemode": "tozero"}
    kinds = {"title": {"text": axis}, "type": "category", "automargin": True}
    if sideways:
        kinds |= {"autorange": "reversed", "title": {"text": ""}}
    height = max(320, 24 * len(bins)) if sideways else 340
    layout = {
        "barmode": "group",
        "bargap": 0.25,
        "height": height,
        "margin": {"l": 60, "r": 16, "t": LEGEND_HEIGHT, "b": 60},
        "legend": {"orientation": "h", "x": 0, "y": 1 + 8 / height, "yanchor": "bottom"},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "xaxis": share if sideways else kinds,
        "yaxis": kinds if sideways else share,
    }
    return {"data": traces, "layout": layout}


def _trace(name: str, shares: list[float], names: list[str], color: str, sideways: bool) -> dict[str, Any]:
    place = {"x": shares, "y": names, "orientation": "h"} if sideways else {"x": names, "y": shares}
    value = "%{x:.1%}" if sideways else "%{y:.1%}"
    return {"type": "bar", "name": name, "marker": {"color": color}, "hovertemplate": value, **place}


def _largest(bins: list[Bin]) -> list[Bin]:
    """In their own order, without the rarest when there are too many."""
    ranked = sorted(range(len(bins)), key=lambda place: -max(bins[place].reference, bins[place].current))
    kept = sorted(ranked[:SPARK_BINS])
    return [bins[place] for place in kept]


def _pair(x: float, width: float, bin: Bin, top: float) -> SparkBar:
    reference, current = (max(0.5, share / top * SPARK_HEIGHT) for share in (bin.reference, bin.current))
    return SparkBar(
        x=round(x, 1),
        x_current=round(x + width, 1),
        width=round(width, 1),
        y_reference=round(SPARK_HEIGHT - reference, 1),
        reference=round(reference, 1),
        y_current=round(SPARK_HEIGHT - current, 1),
        current=round(current, 1),
    )
