"""The figures of how well the model separates, is calibrated and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from ml.card.curves import Curve, Curves
from ml.card.drawing import ACCENT, ADVERSE, FAVOURABLE, INK_SOFT, QUIET, draw, in_percent
from ml.card.words import Words

SETTLED = 0.02


def roc_figure(found: Curves, auc: float, words: Words) -> str:
    """True against false positive rate, with the diagonal of chance."""

    def fill(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=QUIET, linestyle="--", linewidth=1, label=words("chance"))
        axes.plot(found.roc.x, found.roc.y, color=ACCENT, label=f"AUC {words.number(auc, 3)}")
        _shares(axes, words, both=True)
        axes.set(xlabel=words("payers taken for defaulters"), ylabel=words("defaulters found"), ylim=(0, 1.02))
        axes.legend(loc="lower right")

    return draw("roc", words("ROC curve, area {auc}", auc=words.number(auc, 3)), fill)


def precision_recall_figure(found: Curves, base: float, words: Words) -> str:
    """Precision against recall, with the default rate as chance."""

    def fill(axes: Axes) -> None:
        axes.axhline(base, color=QUIET, linestyle="--", linewidth=1, label=words("chance"))
        # the first few flagged are noise and would flatten the rest
        points = zip(found.precision_recall.x, found.precision_recall.y, strict=True)
        settled = [point for point in points if point[0] >= SETTLED]
        axes.plot(*zip(*settled, strict=True), color=ACCENT, label=words("model"))
        _shares(axes, words, both=True)
        axes.set(xlabel=words("defaulters found"), ylabel=words("defaulters among those flagged"))
        axes.set(xlim=(0, 1.02), ylim=(0, min(1.02, 1.1 * max(y for _, y in settled))))
        axes.legend(loc="upper right")

    return draw("precision-recall", words("Precision against recall"), fill)


def ks_figure(found: Curves, ks: float, words: Words) -> str:
    """Both classes' distribution functions with their greatest distance marked."""

    def fill(axes: Axes) -> None:
        axes.plot(found.payers.x, found.payers.y, color=FAVOURABLE, label=words("payers"))
        axes.plot(found.defaulters.x, found.defaulters.y, color=ADVERSE, label=words("defaulters"))
        ends = [_height(curve, found.ks_at) for curve in (found.defaulters, found.payers)]
        axes.plot([found.ks_at] * 2, ends, color=INK_SOFT, linewidth=1.2, label=f"KS {words.number(ks, 3)}")
        _shares(axes, words, both=True)
        axes.set(xlabel=words("probability of default"), ylabel=words("share at or under it"), ylim=(0, 1.02))
        axes.set_xlim(0, _reach(found.defaulters))
        axes.legend(loc="lower right")

    return draw("ks", words("Distribution of payers and defaulters over the probability"), fill)


def lift_figure(found: Curves, words: Words) -> str:
    """The share of all defaulters among the riskiest applicants, and the lift."""

    def fill(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=QUIET, linestyle="--", linewidth=1, label=words("chance"))
        axes.plot(found.captured.x, found.captured.y, color=ACCENT, marker="o", markersize=3, label=words("model"))
        for share in (0.1, 0.2):
            place = found.lift.x.index(share)
            text = f"{words.number(found.lift.y[place], 1)} ×"
            point = (share, found.captured.y[place + 1])
            axes.annotate(text, point, textcoords="offset points", xytext=(-6, 7), ha="right", color=INK_SOFT)
        _shares(axes, words, both=True)
        axes.set(xlabel=words("applicants, riskiest first"), ylabel=words("defaulters among them"), ylim=(0, 1.05))
        axes.legend(loc="lower right")

    return draw("lift", words("Share of defaulters among the riskiest applicants"), fill)


def calibration_figure(deciles: Sequence[Mapping[str, Any]], words: Words) -> str:
    """Observed against expected default rate by decile, with where 95 % of samples would fall."""
    expected = [entry["expected"] for entry in deciles]
    observed = [entry["observed"] for entry in deciles]
    top = 1.1 * max(*expected, *observed, *(entry["upper"] for entry in deciles))

    def fill(axes: Axes) -> None:
        axes.plot([0, top], [0, top], color=QUIET, linestyle="--", linewidth=1, label=words("as expected"))
        lower, upper = ([entry[end] for entry in deciles] for end in ("lower", "upper"))
        axes.vlines(expected, lower, upper, color=QUIET, linewidth=4, alpha=0.5, label=words("95 % interval"))
        axes.plot(expected, observed, "o", color=ACCENT, markersize=5, label=words("decile"))
        _shares(axes, words, both=True)
        axes.set(xlabel=words("expected default rate"), ylabel=words("observed default rate"))
        axes.set(xlim=(0, top), ylim=(0, top))
        axes.legend(loc="upper left")

    return draw("calibration-curve", words("Observed against expected default rate by decile"), fill)


def cost_figure(found: Curves, cutoff: float, accept_everyone: float, words: Words) -> str:
    """Cost per client over the cutoff, with the cutoff in use marked."""

    def fill(axes: Axes) -> None:
        axes.plot(found.cost.x, found.cost.y, color=ACCENT, label=words("cost per client"))
        axes.axhline(accept_everyone, color=QUIET, linestyle="--", linewidth=1, label=words("accept everyone"))
        label = words("cutoff {cutoff}", cutoff=words.percent(cutoff))
        axes.axvline(cutoff, color=ADVERSE, linewidth=1.2, label=label)
        axes.plot([cutoff], [_height(found.cost, cutoff)], "o", color=ADVERSE, markersize=5)
        _shares(axes, words)
        axes.set(xlabel=words("cutoff: decline over this probability"), ylabel=words("cost per client"))
        axes.set(xlim=(0, min(1.0, 5 * cutoff)), ylim=(0, 1.6 * accept_everyone))
        axes.legend(loc="upper right")

    return draw("cost", words("Cost per client for each cutoff"), fill)


def _shares(axes: Axes, words: Words, *, both: bool = False) -> None:
    in_percent(axes.xaxis, words)
    if both:
        in_percent(axes.yaxis, words)


def _height(curve: Curve, at: float) -> float:
    """The curve's value at the point nearest to ``at``."""
    return min(zip(curve.x, curve.y, strict=True), key=lambda point: abs(point[0] - at))[1]


def _reach(curve: Curve) -> float:
    """Where nearly all of a distribution lies below."""
    return next((x for x, y in zip(curve.x, curve.y, strict=True) if y >= 0.99), 1.0)
