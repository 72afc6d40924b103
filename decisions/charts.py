"""Pictures of a case, as plain numbers: the template draws them, and a table says the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from django.utils.translation import gettext as _

from common import formatting
from explanations.wording import ReasonGroup

ADVERSE, FAVOURABLE, GRID = "#b04a00", "#1c62a8", "#d5dbe1"
USUAL = "#1b2530"
GAUGE_WIDTH, GAUGE_MARGIN = 720, 12
SMALLEST_WEIGHT = 0.005  # what two decimals still show
SHOWN_GROUPS = 10
MUCH_MORE = 1.5


@dataclass(frozen=True)
class Tick:
    x: int
    label: str


@dataclass(frozen=True)
class Gauge:
    """Where the applicant stands on a scale of probability, with the cutoff drawn in. All in SVG units."""

    mark: int
    cutoff: int
    end: int
    cutoff_label: str
    label_anchor: str
    ticks: tuple[Tick, ...]
    summary: str

    @property
    def over_width(self) -> int:
        return self.end - self.cutoff


def gauge(probability: float, cutoff: float) -> Gauge:
    top = min(1.0, ceil(max(probability * 1.15, cutoff * 2.5) * 10) / 10)
    end = GAUGE_WIDTH - GAUGE_MARGIN

    def place(share: float) -> int:
        return round(GAUGE_MARGIN + (end - GAUGE_MARGIN) * min(share, top) / top)

    ticks = tuple(Tick(place(top * step / 4), formatting.percent(top * step / 4, 0)) for step in (0, 2, 4))
    side = _("over") if probability > cutoff else _("under")
    summary = _("Probability of default %(pd)s, %(side)s the cutoff of %(cutoff)s.") % {
        "pd": formatting.percent(probability),
        "side": side,
        "cutoff": formatting.percent(cutoff),
    }
    label = _("cutoff %(cutoff)s") % {"cutoff": formatting.percent(cutoff)}
    anchor = "start" if place(cutoff) < GAUGE_WIDTH * 0.8 else "end"
    return Gauge(place(probability), place(cutoff), end, label, anchor, ticks, summary)


@dataclass(frozen=True)
class ReasonLine:
    """A reason's weight in this case, and its usual one: the mean size over applicants, None where it is not known."""

    group: ReasonGroup
    weight: str
    usual: float | None = None

    @property
    def is_nil(self) -> bool:
        return abs(self.group.contribution) < SMALLEST_WEIGHT

    @property
    def usual_weight(self) -> str:
        return "" if self.usual is None else f"±{formatting.number(self.usual, 2)}"

    @property
    def than_usual(self) -> str:
        """This case's weight beside the usual one, in words."""
        if self.usual is None or max(self.usual, abs(self.group.contribution)) < SMALLEST_WEIGHT:
            return ""
        if abs(self.group.contribution) > MUCH_MORE * self.usual:
            return _("more than usual")
        return _("less than usual") if abs(self.group.contribution) * MUCH_MORE < self.usual else _("about as usual")


def reason_lines(groups: list[ReasonGroup], usual: Mapping[str, float]) -> list[ReasonLine]:
    return [ReasonLine(group, weight(group.contribution), usual.get(group.reason_code)) for group in groups]


def weight(contribution: float) -> str:
    """Signed log-odds with two decimals, and a real minus sign."""
    if abs(contribution) < SMALLEST_WEIGHT:
        return formatting.number(0, 2)
    sign = "+" if contribution > 0 else "−"
    return sign + formatting.number(abs(contribution), 2)


def reasons_figure(groups: list[ReasonGroup], usual: Mapping[str, float]) -> dict[str, Any]:
    """Horizontal bars, the heaviest on top; both directions named in the legend, not only coloured.

    A mark on each bar's own side says how much the reason usually weighs."""
    shown = list(reversed(groups[:SHOWN_GROUPS]))
    names = [_short(group.text) for group in shown]
    traces = [
        _trace(shown, names, adverse=True, name=_("raises the probability")),
        _trace(shown, names, adverse=False, name=_("lowers the probability")),
    ]
    if usual:
        traces.append(_usual_trace(shown, names, usual))
    return {"data": traces, "layout": _layout(len(shown))}


def reasons_summary(groups: list[ReasonGroup]) -> str:
    """The finding, as the chart's title."""
    adverse = next((group.text for group in groups if group.is_adverse and group.is_reason), None)
    favourable = next((group.text for group in groups if not group.is_adverse and group.is_reason), None)
    if adverse and favourable:
        return _("Most against: %(adverse)s. Most in favour: %(favourable)s.") % {
            "adverse": _lower(adverse),
            "favourable": _lower(favourable),
        }
    if adverse:
        return _("Most against: %(adverse)s.") % {"adverse": _lower(adverse)}
    return _("Nothing in this file speaks against the applicant.")


def _trace(groups: list[ReasonGroup], names: list[str], *, adverse: bool, name: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "x": [round(group.contribution, 4) if group.is_adverse is adverse else None for group in groups],
        "y": names,
        "marker": {"color": ADVERSE if adverse else FAVOURABLE, "pattern": {"shape": "" if adverse else "/"}},
        "hovertemplate": "%{y}<br>%{x:+.2f}<extra></extra>",
    }


def _usual_trace(groups: list[ReasonGroup], names: list[str], usual: Mapping[str, float]) -> dict[str, Any]:
    sizes = [usual.get(group.reason_code) for group in groups]
    pairs = zip(groups, sizes, strict=True)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": _("usual weight"),
        "x": [None if size is None else round(size if group.is_adverse else -size, 4) for group, size in pairs],
        "y": names,
        "marker": {"symbol": "line-ns", "size": 18, "line": {"width": 3, "color": USUAL}},
        "hovertemplate": "%{y}<br>%{x:+.2f}<extra></extra>",
    }


def _layout(rows: int) -> dict[str, Any]:
    return {
        "height": 116 + 38 * rows,
        "margin": {"l": 8, "r": 12, "t": 8, "b": 64},
        "separators": formatting.separators(),
        "barmode": "overlay",
        "bargap": 0.35,
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "xanchor": "left"},
        "xaxis": {
            "title": {"text": _("contribution (log-odds)"), "standoff": 8},
            "zeroline": True,
            "zerolinecolor": "#4d5a67",
            "gridcolor": GRID,
            "fixedrange": True,
        },
        "yaxis": {"automargin": True, "fixedrange": True, "ticksuffix": "  ", "tickfont": {"size": 12}},
    }


def _short(text: str) -> str:
    """Plotly does not wrap labels: two lines of about thirty letters at most."""
    words, lines = text.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 30 and len(lines) < 2:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(line if len(line) <= 36 else f"{line[:35]}…" for line in lines)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
