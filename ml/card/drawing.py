"""Draws SVG without a display, a clock or chance: the same evidence gives the same bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import escape
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ml.card.words import Words

ACCENT, ADVERSE, FAVOURABLE, QUIET = "#0f5257", "#b04a00", "#1c62a8", "#8793a0"
INK, INK_SOFT, LINE = "#1b2530", "#4d5a67", "#d5dbe1"
WIDTH, HEIGHT, WIDE = 4.8, 3.3, 8.0
NO_DATES = {"Date": None, "Creator": None, "Format": None, "Type": None}
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.parse_math": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK_SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": INK_SOFT,
    "ytick.color": INK_SOFT,
    "text.color": INK,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
}


def draw(name: str, alt: str, fill: Callable[[Axes], None], *, width: float = WIDTH, height: float = HEIGHT) -> str:
    """One pair of axes as an SVG element; ``fill`` draws into them, ``alt`` says in words what is to be seen."""
    return draw_many(name, alt, lambda figure: fill(figure.add_subplot()), width=width, height=height)


def in_percent(axis: Axis, words: Words) -> None:
    """Label shares as percentages, at places that need no rounding: 2.5 % must not read as 2 %."""
    axis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: words.percent(value, _decimals(value))))


def _decimals(share: float) -> int:
    return next((digits for digits in range(3) if abs(round(100 * share, digits) - 100 * share) < 1e-9), 3)


def draw_many(
    name: str, alt: str, fill: Callable[[Figure], object], *, width: float = WIDTH, height: float = HEIGHT
) -> str:
    """A figure of any layout as an SVG element with ids of its own, so that many fit on one page."""
    style: Any = {**STYLE, "svg.hashsalt": name}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(width, height), layout="constrained" if width == WIDE else None)
        fill(figure)
        if width != WIDE:
            # finding the margins takes as long as drawing: these figures need the same ones
            figure.subplots_adjust(left=0.15, right=0.97, bottom=0.17, top=0.97)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata=NO_DATES, transparent=True, dpi=160)
    return _element(name, alt, buffer.getvalue())


def _element(name: str, alt: str, document: str) -> str:
    """The svg element alone, scaled by its page, in the page's font, every id under the figure's name."""
    opening, body = document[document.index("<svg") :].split(">", 1)
    view = re.findall(r'viewBox="([^"]+)"', opening)[0]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    for reference in (' id="', 'href="#', "url(#"):
        body = body.replace(reference, f"{reference}{name}-")
    body = body.replace("'DejaVu Sans'", "system-ui, 'DejaVu Sans', sans-serif")
    body = re.sub(r"\n\s*", "\n", body).strip()
    width = float(view.split()[2])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
        f'aria-label="{escape(alt, quote=True)}" width="{width:g}pt" viewBox="{view}">\n{body}'
    )
