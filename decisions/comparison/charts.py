"""Pictures of the applicant among others. The applicant is the same dark diamond in each."""

import itertools
from typing import Any

from django.utils.translation import gettext as _

from common import formatting
from decisions.charts import FAVOURABLE, GRID
from decisions.comparison.wording import Compared
from explanations.comparison import Bins, Cells

BACKDROP, APPLICANT = "#b9c2cb", "#1b2530"
DAYS_PER_YEAR = 365.25
SIDEWAYS_FROM = 5
LARGEST, SMALLEST = 30, 5


def distribution_figure(
    compared: Compared, bins: Bins, names: list[str], group: tuple[str, list[float]], everybody: tuple[str, list[float]]
) -> dict[str, Any]:
    """Shares of people per bin: everybody as a backdrop, the group before it, the applicant marked."""
    both = [(everybody, BACKDROP)] if group[0] == everybody[0] else [(everybody, BACKDROP), (group, FAVOURABLE)]
    if bins.levels:
        return _bars(compared, bins, names, both)
    return _histogram(compared, bins, names, both)


def scatter_figure(x: tuple[Compared, Bins], y: tuple[Compared, Bins], cells: Cells) -> dict[str, Any]:
    """A disc per cell, as large as its share of people; the applicant among them."""
    top = max((cell.share for cell in cells.shown), default=1.0)
    people = {
        "type": "scatter",
        "mode": "markers",
        "name": _("people (size: how many)"),
        "x": [_scaled(x[0], cell.x) for cell in cells.shown],
        "y": [_scaled(y[0], cell.y) for cell in cells.shown],
        "text": [formatting.percent(cell.share) for cell in cells.shown],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "color": FAVOURABLE,
            "opacity": 0.55,
            "line": {"width": 0},
            "size": [round(max(SMALLEST, LARGEST * (cell.share / top) ** 0.5), 1) for cell in cells.shown],
        },
    }
    traces = [people]
    if x[0].value is not None and y[0].value is not None:
        traces.append(_diamond(_within(x[0], x[1]), _within(y[0], y[1])))
    layout = _layout(420) | {"xaxis": _value_axis(*x), "yaxis": _value_axis(*y) | {"automargin": True}}
    return {"data": traces, "layout": layout}


def _histogram(compared: Compared, bins: Bins, names: list[str], groups: list[Any]) -> dict[str, Any]:
    edges = [_scaled(compared, edge) for edge in bins.edges]
    widths = [abs(high - low) for low, high in itertools.pairwise(edges)]
    centres = [_scaled(compared, centre) for centre in bins.centres]
    traces: list[dict[str, Any]] = []
    for place, ((name, shares), color) in enumerate(groups):
        breadth = 0.94 if place == 0 else 0.5
        width = [each * breadth for each in widths]
        traces.append(_bar(name, color, {"x": centres, "y": shares, "width": width}, names, "y"))
    top = max((share for (_name, shares), _color in groups for share in shares), default=0.0)
    if compared.value is not None:
        at = _within(compared, bins)
        traces.append(_line(at, top))
        traces.append(_diamond(at, top * 1.06))
    layout = _layout(340) | {
        "barmode": "overlay",
        "xaxis": _value_axis(compared, bins),
        "yaxis": {"title": {"text": _("share of people")}, **_share_axis()},
    }
    return {"data": traces, "layout": layout}


def _bars(compared: Compared, bins: Bins, names: list[str], groups: list[Any]) -> dict[str, Any]:
    """A bar per answer: upright while they are few and short, else lying, where there is room for words."""
    lying = bins.count > SIDEWAYS_FROM or max((len(name) for name in names), default=0) > 12
    labels = [_wrapped(name) for name in names] if lying else names
    along, across = ("x", "y") if lying else ("y", "x")
    places = list(range(bins.count))
    traces = []
    for place, ((name, shares), color) in enumerate(groups):
        width = 0.8 if place == 0 else 0.42
        sides = {along: shares, across: places, "width": width, "orientation": "h" if lying else "v"}
        traces.append(_bar(name, color, sides, names, along))
    top = max((share for (_name, shares), _color in groups for share in shares), default=0.0)
    own = [place for place, level in enumerate(bins.levels) if level == compared.value]
    if own:
        end = max(shares[own[0]] for (_name, shares), _color in groups) + top * 0.05  # beside the bar that is theirs
        traces.append(_diamond(*((end, own[0]) if lying else (own[0], end))))
    words = {"tickvals": places, "ticktext": labels, "automargin": True, "fixedrange": True, "ticks": ""}
    shares_axis = {"title": {"text": _("share of people")}, **_share_axis()}
    if lying:
        axes = {"xaxis": shares_axis, "yaxis": words | {"autorange": "reversed", "ticksuffix": "  "}}
    else:
        axes = {"xaxis": words | {"title": {"text": compared.label}}, "yaxis": shares_axis}
    height = max(220, 120 + 30 * bins.count) if lying else 320
    return {"data": traces, "layout": _layout(height) | {"barmode": "overlay"} | axes}


def _bar(name: str, color: str, sides: dict[str, Any], words: list[str], along: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": name,
        "marker": {"color": color},
        "customdata": words,
        "hovertemplate": "%{customdata}<br>%{" + along + ":.1%}<extra></extra>",
        **sides,
    }


def _diamond(x: float, y: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": _("this applicant"),
        "x": [x],
        "y": [y],
        "marker": {"symbol": "diamond", "size": 14, "color": APPLICANT, "line": {"width": 2, "color": "#ffffff"}},
        "hoverinfo": "name",
    }


def _line(x: float, top: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x, x],
        "y": [0, top * 1.06],
        "line": {"color": APPLICANT, "width": 2, "dash": "dot"},
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _within(compared: Compared, bins: Bins) -> float:
    """Beyond the ends of the picture the mark stands at its edge; the words beside say the value."""
    value = compared.value or 0.0
    if bins.levels:
        return _scaled(compared, value)
    return _scaled(compared, min(max(value, bins.ends[0]), bins.ends[1]))


def _scaled(compared: Compared, value: float) -> float:
    if compared.feature.unit == "days_relative":
        return round(-value / DAYS_PER_YEAR, 4)
    return -value if compared.feature.unit == "months_relative" else value


def _value_axis(compared: Compared, bins: Bins) -> dict[str, Any]:
    unit = compared.unit
    title = f"{_wrapped(compared.label, 32)}<br>({unit})" if unit else _wrapped(compared.label, 32)
    axis: dict[str, Any] = {"gridcolor": GRID, "fixedrange": True}
    if compared.levels:
        labels = [_wrapped(compared.text(level), 14) for level in bins.levels]
        return axis | {"tickvals": list(bins.levels), "ticktext": labels, "automargin": True}
    axis["title"] = {"text": title, "standoff": 8}
    return axis | ({"tickformat": "~%"} if compared.feature.unit == "ratio" else {}) | {"zeroline": False}


def _share_axis() -> dict[str, Any]:
    return {"tickformat": "~%", "gridcolor": GRID, "rangemode": "tozero", "fixedrange": True}


def _layout(height: int) -> dict[str, Any]:
    return {
        "height": height,
        "margin": {"l": 56, "r": 16, "t": 40, "b": 72},
        "separators": formatting.separators(),
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "xanchor": "left"},
    }


def _wrapped(text: str, width: int = 28) -> str:
    """Plotly does not wrap labels: two lines at most."""
    words, lines = text.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > width and len(lines) < 2:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(line if len(line) <= width + 6 else f"{line[: width + 5]}…" for line in lines)
