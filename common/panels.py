"""A finding as one sentence, with a picture and the table that says the same: what desks are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from common import formatting

ADVERSE, FAVOURABLE, NEUTRAL, GRID = "#b04a00", "#1c62a8", "#5b6b7a", "#d5dbe1"
ROW_HEIGHT, FRAME_HEIGHT = 34, 104


@dataclass(frozen=True)
class Series:
    """One colour of a chart; the pattern tells it apart without colour."""

    name: str
    values: Sequence[float]
    color: str = NEUTRAL
    pattern: str = ""


@dataclass(frozen=True)
class Column:
    label: str
    is_number: bool = False


@dataclass(frozen=True)
class Panel:
    """``rows`` are ready to be read, the first cell naming the row; ``figure`` is None where a picture adds nothing."""

    key: str
    heading: str
    finding: str
    columns: Sequence[Column] = ()
    rows: Sequence[Sequence[str]] = ()
    figure: dict[str, Any] | None = None
    url: str = ""
    action: str = ""

    @property
    def lines(self) -> list[list[tuple[Column, str]]]:
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]


def bars(names: Sequence[str], series: Sequence[Series], unit: str) -> dict[str, Any]:
    """Horizontal stacked bars, the first row on top, as Plotly takes them; ``unit`` says what is counted."""
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": one.name,
            "x": list(reversed(one.values)),
            "y": [_whole(name) for name in reversed(names)],
            "marker": {"color": one.color, "pattern": {"shape": one.pattern, "fgcolor": "#ffffff"}},
            "hovertemplate": "%{y}<br>%{x}<extra>" + one.name + "</extra>",
        }
        for one in series
    ]
    return {"data": traces, "layout": _layout(len(names), unit, legend=len(series) > 1)}


def share_of(part: int, whole: int) -> str:
    return formatting.percent(part / whole) if whole else _("none")


def _whole(name: str) -> str:
    """Plotly reads markup and takes digits for numbers; a name is neither."""
    plain = name.replace("&", "&amp;").replace("<", "&lt;")
    return f"{plain[:29]}…" if len(plain) > 30 else plain


def _layout(rows: int, unit: str, *, legend: bool) -> dict[str, Any]:
    return {
        "height": FRAME_HEIGHT + ROW_HEIGHT * rows,
        "margin": {"l": 8, "r": 12, "t": 8, "b": 48},
        "separators": formatting.separators(),
        "barmode": "stack",
        "bargap": 0.4,
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "showlegend": legend,
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "xanchor": "left",
            "traceorder": "normal",
        },
        "xaxis": {
            "title": {"text": unit, "standoff": 8},
            "gridcolor": GRID,
            "zerolinecolor": "#4d5a67",
            "rangemode": "tozero",
            "tickformat": ",d",
            "nticks": 6,
            "fixedrange": True,
        },
        "yaxis": {"type": "category", "automargin": True, "fixedrange": True, "ticksuffix": "  "},
    }
