"""The tables of a card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ml.card.curves import Curve
from ml.card.document import Table
from ml.card.evidence import Evidence, Groups
from ml.card.markdown_page import markdown_table
from ml.card.words import NONE, Words
from ml.fairness import FOUR_FIFTHS, GroupFigures
from ml.features.specification import Feature
from ml.metrics import Interval

NAMES = {
    "model": "This model",
    "lightgbm_defaults": "LightGBM defaults, raw columns",
    "accept_everyone": "Accept everyone",
}
FIGURES = {
    "auc": "AUC",
    "gini": "Gini",
    "ks": "KS",
    "pr_auc": "Area under precision-recall",
    "brier": "Brier score",
    "cost_per_client": "Cost per client",
    "approval_rate": "Approved",
    "default_rate_approved": "Default rate among the approved",
}
SHARES = ("approval_rate", "default_rate_approved")
SAMPLED_POINTS = 11
MOST_INPUTS = 4


def comparison(metrics: Sequence[Mapping[str, Any]]) -> str:
    """The figures of all strategies as a Markdown table."""
    table = comparison_table(metrics, Words())
    return markdown_table(table.header, table.rows)


def comparison_table(metrics: Sequence[Mapping[str, Any]], words: Words) -> Table:
    """All strategies on the same folds, the model first."""
    header = ("strategy", "AUC (95 %)", "Gini", "KS", "PR-AUC", "Brier", "slope", "intercept", "cost per client",
              "approved")  # fmt: skip
    rows = tuple(_strategy(entry, words) for entry in metrics)
    caption = words("The model beside its baselines, on the same folds")
    return Table(caption, tuple(words(name) for name in header), rows)


def _strategy(entry: Mapping[str, Any], words: Words) -> tuple[str, ...]:
    name = NAMES.get(entry["name"])
    return (
        words(name) if name else entry["name"],
        words.interval(Interval(**entry["auc"])),
        *(words.number(entry[key]) for key in ("gini", "ks", "pr_auc", "brier")),
        *(words.number(entry[key], 3) for key in ("calibration_slope", "calibration_intercept")),
        words.number(entry["cost_per_client"]),
        words.percent(entry["approval_rate"]),
    )


def figures_table(evidence: Evidence, words: Words) -> Table:
    """The model's figures with their intervals."""
    rows = tuple(
        (words(FIGURES[name]), words.share(found) if name in SHARES else words.interval(found))
        for name, found in evidence.figures.items()
    )
    return Table(words("Figures of this model with 95 % intervals"), (words("figure"), words("value")), rows)


def deciles_table(deciles: Sequence[Mapping[str, Any]], words: Words) -> Table:
    """Expected and observed default rate of each decile."""
    header = ("decile", "rows", "expected", "observed", "95 % interval", "within")
    rows = tuple(
        (
            str(number),
            words.number(entry["rows"], 0),
            words.percent(entry["expected"], 2),
            words.percent(entry["observed"], 2),
            f"{words.percent(entry['lower'], 2)} {words('to')} {words.percent(entry['upper'], 2)}",
            words("yes") if entry["agrees"] else words("no"),
        )
        for number, entry in enumerate(deciles, start=1)
    )
    return Table(words("Calibration by decile"), tuple(words(name) for name in header), rows)


def curve_table(caption: str, x_name: str, y_name: str, curve: Curve, words: Words, *, as_share: bool = True) -> Table:
    """A few evenly spaced points of a curve."""
    last = len(curve.x) - 1
    places = sorted({round(step * last / (SAMPLED_POINTS - 1)) for step in range(SAMPLED_POINTS)})
    say = words.percent if as_share else words.number
    rows = tuple((words.percent(curve.x[place]), say(curve.y[place])) for place in places)
    return Table(caption, (x_name, y_name), rows)


def folds_table(evidence: Evidence, words: Words) -> Table:
    """Each fold judged by the model of the others."""
    header = ("fold", "rows", "AUC (95 %)", "KS", "Brier", "expected", "observed", "PSI")
    rows = tuple(
        (
            str(number),
            words.number(fold.rows, 0),
            words.interval(fold.auc),
            words.number(fold.ks),
            words.number(fold.brier),
            words.percent(fold.expected, 2),
            words.share(fold.observed, 2),
            words.number(fold.psi, 3),
        )
        for number, fold in enumerate(evidence.folds, start=1)
    )
    return Table(words("Stability across the folds"), tuple(words(name) for name in header), rows)


def fairness_table(groups: Groups, words: Words) -> Table:
    """One protected characteristic: approval, opportunity, calibration and separation by group."""
    header = ("group", "rows", "approved (95 %)", "adverse impact ratio (95 %)", "approved among payers (95 %)",
              "expected default", "observed default (95 %)", "calibrated", "AUC (95 %)", "note")  # fmt: skip
    rows = tuple(
        (words.pick(label), words.number(found.rows, 0), *_fairness(found, words))
        for label, found in zip(groups.labels, groups.figures, strict=True)
    )
    return Table(words.pick(groups.label), tuple(words(name) for name in header), rows)


def _fairness(found: GroupFigures, words: Words) -> tuple[str, ...]:
    agrees = found.calibration_agrees
    return (
        words.share(found.approval_rate),
        words.interval(found.adverse_impact_ratio, 2),
        words.share(found.equal_opportunity),
        words.percent(found.expected),
        words.share(found.observed),
        NONE if agrees is None else words("yes") if agrees else words("no"),
        words.interval(found.auc, 3),
        _note(found, words),
    )


def _note(found: GroupFigures, words: Words) -> str:
    if found.is_small:
        return words("too few to judge")
    if found.is_reference:
        return words("reference")
    ratio = found.adverse_impact_ratio
    return words("under four fifths") if ratio and ratio.value < FOUR_FIFTHS else ""


def segments_table(groups: Groups, words: Words) -> Table:
    """One segmentation: separation and calibration by segment."""
    header = ("segment", "rows", "expected default", "observed default (95 %)", "AUC (95 %)", "approved (95 %)")
    rows = tuple(
        (
            words.pick(label),
            words.number(found.rows, 0),
            words.percent(found.expected),
            words.share(found.observed),
            words.interval(found.auc, 3),
            words.share(found.approval_rate),
        )
        for label, found in zip(groups.labels, groups.figures, strict=True)
    )
    return Table(words.pick(groups.label), tuple(words(name) for name in header), rows)


def features_table(features: Sequence[Feature], importance: Mapping[str, float], words: Words) -> Table:
    """Every feature with its meaning, making, reason and weight."""
    header = ("feature", "meaning", "made of", "reason", "risk may only", "mean absolute contribution")
    signs = {1: words("rise"), -1: words("fall"), 0: ""}
    rows = tuple(
        (
            feature.name,
            words.pick((feature.label_en, feature.label_fr)),
            _formula(feature, words),
            feature.reason_code or words("never a reason"),
            signs[feature.monotone],
            words.number(importance[feature.name]),
        )
        for feature in sorted(features, key=lambda feature: -importance[feature.name])
    )
    return Table(words("All features, the weightiest first"), tuple(words(name) for name in header), rows, folded=True)


def _formula(feature: Feature, words: Words) -> str:
    if feature.op == "column":
        return words("raw column")
    if feature.op == "aggregate":
        return words("history: {inputs}", inputs=".".join(feature.inputs))
    inputs = feature.inputs
    if len(inputs) > MOST_INPUTS:
        return f"{feature.op}({inputs[0]} … {inputs[-1]}, {len(inputs)})"
    return f"{feature.op}({', '.join(inputs)})"
