"""The figures of what moves the model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ml.card.drawing import ACCENT, ADVERSE, FAVOURABLE, INK_SOFT, QUIET, WIDE, draw, draw_many, in_percent
from ml.card.influence import Dependence, Swarm
from ml.card.words import Words
from ml.features.specification import Feature

ROW_HEIGHT = 0.27
LONGEST_LABEL = 44
LOW_TO_HIGH = LinearSegmentedColormap.from_list("low_to_high", [FAVOURABLE, "#b9c2ca", ADVERSE])


def bars_figure(name: str, alt: str, labels: Sequence[str], values: Sequence[float], words: Words) -> str:
    """Mean absolute contributions as bars, the greatest on top."""

    def fill(axes: Axes) -> None:
        places = range(len(values))[::-1]
        axes.barh(list(places), values, color=ACCENT, height=0.62)
        axes.set_yticks(list(places), [_short(label) for label in labels])
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(words("mean absolute contribution, log-odds"))
        axes.tick_params(axis="y", length=0)

    return draw(name, alt, fill, width=WIDE, height=0.8 + ROW_HEIGHT * len(values))


def swarm_figure(swarm: Swarm, labels: Sequence[str], words: Words) -> str:
    """Each sampled applicant a dot per feature: contribution across, the feature's value as colour."""

    def fill(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.axvline(0, color=QUIET, linewidth=1)
        for place, column in enumerate(range(len(swarm.names))[::-1]):
            across = swarm.contributions[:, column]
            colours = _ranks(swarm.values[:, column])
            height = place + _spread(across)
            known = ~np.isnan(colours)
            axes.scatter(across[~known], height[~known], s=5, color=QUIET, linewidths=0, rasterized=True)
            dots = axes.scatter(
                *(across[known], height[known]), c=colours[known], cmap=LOW_TO_HIGH, vmin=0, vmax=1, s=5,
                linewidths=0, rasterized=True,
            )  # fmt: skip
        axes.set_yticks(range(len(swarm.names)), [_short(label) for label in reversed(labels)])
        axes.set(xlabel=words("contribution, log-odds (right: raises the risk)"), ylim=(-0.7, len(swarm.names) - 0.3))
        axes.tick_params(axis="y", length=0)
        bar = figure.colorbar(dots, ax=axes, ticks=[0, 1], aspect=40, pad=0.01)
        bar.ax.set_yticklabels([words("low"), words("high")])
        bar.outline.set_visible(False)

    alt = words("Contributions of sampled applicants")
    return draw_many("swarm", alt, fill, width=WIDE, height=1 + 0.3 * len(labels))


def dependence_figure(found: Dependence, feature: Feature, base: float, unit: str, words: Words) -> str:
    """The mean probability over one feature in its ``unit``, with the middle 80 % of applicants."""

    def fill(axes: Axes) -> None:
        axes.axhline(base, color=QUIET, linestyle="--", linewidth=1)
        if feature.dtype == "category":
            _category_points(axes, found, feature)
        else:
            axes.fill_between(found.values, found.low, found.high, color=ACCENT, alpha=0.14, linewidth=0)
            axes.plot(found.values, found.mean, color=ACCENT, marker="o", markersize=2.5)
        axes.set_xlabel(unit)
        in_percent(axes.yaxis, words)
        axes.set_ylim(0, 1.08 * max(found.high))
        axes.set_ylabel(words("probability of default"))

    name = f"dependence-{found.name}"
    label = words.pick((feature.label_en, feature.label_fr))
    alt = words("Probability of default over: {label}", label=label)
    return draw(name, alt, fill, height=2.8)


def _category_points(axes: Axes, found: Dependence, feature: Feature) -> None:
    places = range(len(found.values))
    axes.vlines(places, found.low, found.high, color=ACCENT, alpha=0.25, linewidth=4)
    axes.plot(places, found.mean, "o", color=ACCENT, markersize=4)
    shown = [_short(feature.categories[int(value)], 14) for value in found.values]
    axes.set_xticks(places, shown, rotation=20, ha="right", fontsize=5 if len(shown) > 8 else 7, color=INK_SOFT)


def _ranks(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """The share of known values below each, 0 to 1; NaN where missing."""
    known = np.sort(values[~np.isnan(values)])
    if not known.size:
        return np.full(len(values), np.nan)
    middle = (np.searchsorted(known, values, "left") + np.searchsorted(known, values, "right")) / 2
    return np.where(np.isnan(values), np.nan, middle / len(known))


def _spread(across: NDArray[np.float64]) -> NDArray[np.float64]:
    """Heights, within 0.4 of the line, that stack dots of about one contribution beside each other."""
    edges = np.histogram_bin_edges(across, 60)
    bins = np.clip(np.digitize(across, edges) - 1, 0, 59)
    order = np.argsort(bins, kind="stable")
    counts = np.bincount(bins, minlength=60)
    within = np.arange(len(across)) - np.repeat(np.cumsum(counts) - counts, counts)
    side = np.where(within % 2, 1, -1) * ((within + 1) // 2)
    heights = np.empty(len(across))
    heights[order] = 0.8 * side / max(1, counts.max())
    return heights


def _short(label: str, most: int = LONGEST_LABEL) -> str:
    return label if len(label) <= most else f"{label[: most - 1].rstrip()}…"
