"""A finding as one sentence, with a picture and the table that says the same: what desks are made of."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from common import formatting

ADVERSE, FAVOURABLE, NEUTRAL, GRID = "#b04a00", "#1c62a8", "#5b6b7a", "#d5dbe1"
ROW_HEIGHT, FRAME_HEIGHT, LABEL_WIDTH = 34, 104, 26
AIR = 2 * formatting.NBSP  # between a label and its axis


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


def number_column(label: str) -> Column:
    return Column(label, is_number=True)


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

    def leading_to(self, url: str, action: str) -> "Panel":
        return replace(self, url=url, action=action)

    @property
    def lines(self) -> list[list[tuple[Column, str]]]:
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]


def bars(
    names: Sequence[str], series: Sequence[Series], unit: str, *, whole: bool = True, side_by_side: bool = False
) -> dict[str, Any]:
    """Horizontal bars, the first row on top, as Plotly takes them; ``unit`` says what is counted in whole numbers."""
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": one.name,
            "x": list(one.values),
            "y": list(range(len(names))),  # by place: two rows may have one name
            "hovertext": [_plain(name) for name in names],
            "textposition": "none",
            "marker": {"color": one.color, "pattern": {"shape": one.pattern}},
            "hovertemplate": "%{hovertext}<br>%{x}<extra>" + one.name + "</extra>",
        }
        for one in series
    ]
    layout = _layout(names, unit, legend=len(series) > 1)
    if side_by_side:
        layout["barmode"] = "group"
    if whole:  # no two marks with one number
        longest = max((sum(row) for row in zip(*(one.values for one in series), strict=True)), default=0)
        layout["xaxis"] |= {"tickformat": ",d", "nticks": min(6, int(longest) + 1)}
    return {"data": traces, "layout": layout}


def _plain(name: str) -> str:
    """Plotly reads markup, and a name is none."""
    return name.replace("&", "&amp;").replace("<", "&lt;")


def _label(name: str) -> str:
    """Two lines at most, so that a long name leaves room for its bar."""
    lines = textwrap.wrap(name, LABEL_WIDTH, max_lines=2, placeholder=" …")
    return "<br>".join(_plain(line) + AIR for line in lines)


def _layout(names: Sequence[str], unit: str, *, legend: bool) -> dict[str, Any]:
    return {
        "height": max(160, FRAME_HEIGHT + ROW_HEIGHT * len(names)),
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
            "title": {"text": unit, "standoff": 8, "font": {"size": 12}},
            "gridcolor": GRID,
            "zerolinecolor": "#4d5a67",
            "rangemode": "tozero",
            "nticks": 6,
            "fixedrange": True,
        },
        "yaxis": {
            "tickmode": "array",
            "tickvals": list(range(len(names))),
            "ticktext": [_label(name) for name in names],
            "autorange": "reversed",
            "automargin": True,
            "fixedrange": True,
            "tickfont": {"size": 12},
        },
    }
