"""Figures that set groups beside each other: an estimate and its interval per line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from ml.card.drawing import ACCENT, ADVERSE, QUIET, WIDE, draw, in_percent
from ml.card.words import Words
from ml.metrics import Interval

ROW_HEIGHT = 0.24


@dataclass(frozen=True)
class Line:
    """One line of the figure; a heading has no interval."""

    label: str
    found: Interval | None


def intervals_figure(
    name: str, alt: str, lines: Sequence[Line], across: str, words: Words, *, overall: float, as_share: bool
) -> str:
    """Estimates with intervals, the overall figure as a dashed line; those whose interval leaves it out stand out."""

    def fill(axes: Axes) -> None:
        axes.axvline(overall, color=QUIET, linestyle="--", linewidth=1)
        for place, line in zip(range(len(lines))[::-1], lines, strict=True):
            _draw_line(axes, place, line, overall)
        axes.set_yticks(range(len(lines))[::-1], [line.label for line in lines])
        for label, line in zip(axes.get_yticklabels(), lines, strict=True):
            label.set_fontweight("bold" if line.found is None else "normal")
        axes.set(xlabel=across, ylim=(-0.7, len(lines) - 0.3))
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        if as_share:
            in_percent(axes.xaxis, words)
        else:
            axes.xaxis.set_major_formatter(lambda value, _: words.number(value, 2))

    return draw(name, alt, fill, width=WIDE, height=0.8 + ROW_HEIGHT * len(lines))


def _draw_line(axes: Axes, place: int, line: Line, overall: float) -> None:
    if line.found is None:
        return
    away = not line.found.lower <= overall <= line.found.upper
    colour = ADVERSE if away else ACCENT
    axes.hlines(place, line.found.lower, line.found.upper, color=colour, linewidth=2)
    axes.plot([line.found.value], [place], "D" if away else "o", color=colour, markersize=4.5)
