"""The statistics as pictures, tables and sentences; every count leads to the decisions behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from common import formatting
from common.panels import ADVERSE, FAVOURABLE, Series, bars
from decisions.audit.statistics import (
    Line,
    ReasonLine,
    Statistics,
    group_finding,
    month_finding,
    reason_finding,
)

DRAWN = 12
STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True)
class Row:
    """One line of a table, ready to be read; ``url`` leads to what was decided against the advice."""

    name: str
    decided: str
    decided_url: str
    against: str
    against_url: str
    low_side: str
    high_side: str
    rate: str
    is_few: bool


@dataclass(frozen=True)
class RatePanel:
    key: str
    heading: str
    first: str
    finding: str
    rows: Sequence[Row]
    figure: dict[str, Any] | None
    left_out: int


@dataclass(frozen=True)
class ReasonRow:
    direction: str
    reason: str
    count: str
    share: str
    url: str


def rate_panels(found: Statistics, asked: Mapping[str, str]) -> list[RatePanel]:
    """``asked`` are the filters that hold for the whole page and go along into every link."""
    whole = found.whole
    parts = (
        ("officers", _("By officer"), _("Officer"), found.by_officer, group_finding(found.by_officer, whole)),
        ("branches", _("By branch"), _("Branch"), found.by_branch, group_finding(found.by_branch, whole)),
        ("months", _("By month"), _("Month"), found.by_month, month_finding(found.by_month)),
        ("bands", _("By score band"), _("Grade"), found.by_band, group_finding(found.by_band, whole)),
    )
    return [_panel(key, heading, first, lines, finding, asked) for key, heading, first, lines, finding in parts]


def reason_rows(found: Statistics, asked: Mapping[str, str]) -> tuple[str, list[ReasonRow]]:
    whole = found.whole
    rows = [_reason_row(line, whole, asked) for line in found.by_reason]
    return reason_finding(found.by_reason, whole), rows


def row_of(line: Line, asked: Mapping[str, str]) -> Row:
    return Row(
        name=line.name,
        decided=formatting.number(line.decided),
        decided_url=_address(asked, line.filters),
        against=formatting.number(line.against),
        against_url=_address(asked, line.filters, {"override": "yes"}) if line.against else "",
        low_side=formatting.number(line.low_side),
        high_side=formatting.number(line.high_side),
        rate=formatting.percent(line.rate),
        is_few=line.is_few,
    )


def _panel(key: str, heading: str, first: str, lines: list[Line], finding: str, asked: Mapping[str, str]) -> RatePanel:
    drawn = lines[-DRAWN:] if key == "months" else lines[:DRAWN]
    return RatePanel(
        key=key,
        heading=heading,
        first=first,
        finding=finding,
        rows=[row_of(line, asked) for line in lines],
        figure=_figure(drawn) if len(drawn) > 1 and any(line.against for line in drawn) else None,
        left_out=len(lines) - len(drawn),
    )


def _reason_row(line: ReasonLine, whole: Line, asked: Mapping[str, str]) -> ReasonRow:
    return ReasonRow(
        direction=str(line.direction.label),
        reason=str(line.reason.label),
        count=formatting.number(line.count),
        share=formatting.percent(line.count / whole.against),
        url=_address(asked, line.filters),
    )


def _figure(lines: list[Line]) -> dict[str, Any]:
    """Shares of all decisions of the group, both directions stacked; a small group says so in its name."""
    names = [f"{line.name} ({_('few')})" if line.is_few else line.name for line in lines]
    figure = bars(
        names,
        [
            Series(_("approved"), [_share(line.low_side, line) for line in lines], ADVERSE),
            Series(_("not granted"), [_share(line.high_side, line) for line in lines], FAVOURABLE, "/"),
        ],
        _("share against the advice"),
    )
    for trace in figure["data"]:
        trace["hovertemplate"] = trace["hovertemplate"].replace("%{x}", "%{x:.1%}")
    highest = max(line.rate for line in lines)
    step = next((step for step in STEPS if highest <= 5 * step), STEPS[-1])
    end = min(1.0, step * ceil(highest * 1.05 / step))
    figure["layout"]["xaxis"] |= {"tickformat": ".1%" if step < 0.01 else ".0%", "dtick": step, "range": [0, end]}
    return figure


def _share(part: int, line: Line) -> float:
    return round(part / line.decided, 4) if line.decided else 0.0


def _address(*filters: Mapping[str, str]) -> str:
    together: dict[str, str] = {}
    for each in filters:
        together |= _narrower(together, each)
    return (
        f"{reverse('decisions:decision-list')}?{urlencode(together)}"
        if together
        else reverse("decisions:decision-list")
    )


def _narrower(held: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """A month at the edge of the period counts the days inside it only."""
    result = dict(more)
    if "since" in held and "since" in more:
        result["since"] = max(held["since"], more["since"])
    if "until" in held and "until" in more:
        result["until"] = min(held["until"], more["until"])
    return result
