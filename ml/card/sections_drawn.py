"""The chapters of a card that are drawn: separation, calibration, cost, influence, stability and fairness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ml.card import tables
from ml.card.document import Block, Drawing, Section, Table
from ml.card.evidence import Evidence, Groups
from ml.card.figures import (
    calibration_figure,
    cost_figure,
    ks_figure,
    lift_figure,
    precision_recall_figure,
    roc_figure,
)
from ml.card.figures_groups import Line, intervals_figure
from ml.card.figures_influence import bars_figure, dependence_figure, swarm_figure
from ml.card.words import Words
from ml.contract import Contract
from ml.fairness import FEWEST_DEFAULTERS, FEWEST_ROWS
from ml.features.specification import Specification

REASONS_SHOWN = 15


@dataclass(frozen=True)
class Source:
    """What a card is written from; ``contract`` and ``specification`` give the words."""

    manifest: Mapping[str, Any]
    evidence: Evidence
    contract: Contract
    specification: Specification


def separation(source: Source, words: Words) -> Section:
    """How well payers and defaulters are told apart."""
    found, figures = source.evidence.curves, source.evidence.figures
    base = source.manifest["training"]["default_rate"]
    drawings = (
        Drawing("roc", words("ROC: area {auc}", auc=words.interval(figures["auc"], 3)),
                roc_figure(found, figures["auc"].value, words),
                tables.curve_table("ROC", words("payers taken for defaulters"), words("defaulters found"), found.roc,
                                   words)),
        Drawing("precision-recall",
                words("Precision-recall: area {area}, against {base} by chance",
                      area=words.interval(figures["pr_auc"], 3), base=words.number(base, 3)),
                precision_recall_figure(found, base, words),
                tables.curve_table(words("Precision-recall"), words("defaulters found"),
                                   words("defaulters among those flagged"), found.precision_recall, words)),
        Drawing("ks", words("KS: {ks}, farthest apart at {place}", ks=words.interval(figures["ks"], 3),
                            place=words.percent(found.ks_at)),
                ks_figure(found, figures["ks"].value, words),
                tables.curve_table("KS", words("probability of default"), words("share of defaulters at or under it"),
                                   found.defaulters, words)),
        Drawing("lift", words("Lift: the riskiest tenth holds {share} of all defaulters",
                              share=words.percent(found.captured.y[found.captured.x.index(0.1)], 0)),
                lift_figure(found, words),
                tables.curve_table(words("Lift"), words("applicants, riskiest first"), words("defaulters among them"),
                                   found.captured, words)),
    )  # fmt: skip
    return Section("separation", words("Separation"), drawings)


def calibration(source: Source, words: Words) -> Section:
    """Expected against observed default rates."""
    deciles = source.manifest["calibration_deciles"]
    agreeing = sum(1 for entry in deciles if entry["agrees"])
    caption = words("{count} of {total} deciles observe what was expected, within sampling error",
                    count=agreeing, total=len(deciles))  # fmt: skip
    drawing = Drawing("calibration-curve", caption, calibration_figure(deciles, words))
    return Section("calibration", words("Calibration"), (drawing, tables.deciles_table(deciles, words)))


def cutoff(source: Source, words: Words) -> Section:
    """What each cutoff costs, and the one in use."""
    manifest, found = source.manifest, source.evidence.curves
    cutoff, costs = manifest["cutoff"]["value"], manifest["cutoff"]["costs"]
    text = words(
        "Decline is recommended over a probability of {cutoff}: a loan wrongly granted costs {granted}, one wrongly "
        "refused {refused}, and with calibrated probabilities this is where both cost the same. It is not fitted to "
        "the data.",
        cutoff=words.percent(cutoff, 2),
        granted=f"{costs['false_negative']:g}",
        refused=f"{costs['false_positive']:g}",
    )
    everyone = costs["false_negative"] * manifest["training"]["default_rate"]
    caption = words("Cost per client: {cost} at the cutoff; cheapest on these rows would be {cheapest}",
                    cost=words.interval(source.evidence.figures["cost_per_client"], 3),
                    cheapest=words.percent(found.cheapest))  # fmt: skip
    points = tables.curve_table(words("Cost per client for each cutoff"), words("cutoff"), words("cost per client"),
                                found.cost, words, as_share=False)  # fmt: skip
    drawing = Drawing("cost", caption, cost_figure(found, cutoff, everyone, words), points)
    return Section("cutoff", words("Cutoff and cost"), (text, drawing))


def influence(source: Source, words: Words) -> Section:
    """What moves the model: reasons, features, applicants."""
    found, by_name = source.evidence.influence, {each.name: each for each in source.specification.features}
    reasons = found.reasons[:REASONS_SHOWN]
    labels = [_reason_label(source.contract, each.name, words) for each in reasons]
    swarm_labels = [words.pick((by_name[name].label_en, by_name[name].label_fr)) for name in found.swarm.names]
    title = words("What weighs, by reason")
    rows = tuple((label, words.number(each.mean_absolute)) for label, each in zip(labels, reasons, strict=True))
    numbers = Table(title, (words("reason"), words("mean absolute contribution")), rows)
    bars = bars_figure("reasons", title, labels, [each.mean_absolute for each in reasons], words)
    text = words(
        "Contributions are SHAP values in log-odds before calibration, on {rows} sampled applicants; those of one "
        "reason are added up before their size is taken.",
        rows=words.number(found.rows, 0),
    )
    caption = words("The {count} weightiest features: each dot is an applicant", count=len(found.swarm.names))
    swarm = Drawing("swarm", caption, swarm_figure(found.swarm, swarm_labels, words), is_wide=True)
    bars_caption = words("The weightiest of {count} reasons", count=len(found.reasons))
    drawings = (Drawing("reasons", bars_caption, bars, numbers, is_wide=True), swarm)
    return Section("influence", words("What moves the model"), (text, *drawings))


def dependence(source: Source, words: Words) -> Section:
    """How the probability follows each of the weightiest features."""
    by_name = {each.name: each for each in source.specification.features}
    base = source.manifest["training"]["default_rate"]
    text = words(
        "Each figure sets one feature to the same value for all sampled applicants and leaves the others as they are; "
        "the band holds the middle 80 %. Features made of the same columns move together in life: read shapes, not "
        "levels."
    )
    drawings: list[Block] = [text]
    units = _unit_labels(source.contract, words)
    for found in source.evidence.influence.dependence:
        feature = by_name[found.name]
        label = words.pick((feature.label_en, feature.label_fr))
        shown = [feature.categories[int(value)] if feature.categories else f"{value:.4g}" for value in found.values]
        rows = tuple((at, words.percent(mean, 2)) for at, mean in zip(shown, found.mean, strict=True))
        numbers = Table(label, (words("value"), words("probability of default")), rows)
        svg = dependence_figure(found, feature, base, units.get(feature.unit, ""), words)
        drawings.append(Drawing(f"dependence-{found.name}", label, svg, numbers))
    return Section("dependence", words("Partial dependence"), tuple(drawings))


def _unit_labels(contract: Contract, words: Words) -> dict[str, str]:
    columns = [column for table in contract.tables.values() for column in table.columns]
    return {column.unit: words.pick((column.unit_label_en, column.unit_label_fr)) for column in columns}


def stability(source: Source, words: Words) -> Section:
    """Whether the figures hold across folds and segments."""
    evidence = source.evidence
    auc = evidence.figures["auc"].value
    lines = [Line(words("fold {number}", number=number), fold.auc) for number, fold in enumerate(evidence.folds, 1)]
    for groups in evidence.segments:
        lines += _lines(groups, "auc", words)
    title = words("AUC by fold and segment")
    svg = intervals_figure("segments", title, lines, "AUC (95 %)", words, overall=auc, as_share=False)
    caption = words("AUC by fold and segment; the dashed line is the whole, a diamond leaves it outside its interval")
    blocks: list[Block] = [
        _withheld(words),
        Drawing("segments", caption, svg, is_wide=True),
        tables.folds_table(evidence, words),
    ]
    blocks += [tables.segments_table(groups, words) for groups in evidence.segments]
    return Section("stability", words("Stability across folds and segments"), tuple(blocks))


def fairness(source: Source, words: Words) -> Section:
    """How protected groups fare."""
    evidence = source.evidence
    text = words(
        "Groups come from the columns the contract protects, and age. The adverse impact ratio compares the "
        "approval rate with the group approved most often; under four fifths it asks for an explanation. Equal "
        "opportunity is the approval rate among those who paid. Calibrated says that the expected default rate lies "
        "within the interval of the observed one. A difference is a question, not yet an injustice: groups differ in "
        "default rate too."
    )
    if not evidence.fairness:
        none = words("The contract of this product protects no column, and has no age: nothing can be measured.")
        return Section("fairness", words("Fairness"), (none,))
    lines = [line for groups in evidence.fairness for line in _lines(groups, "approval_rate", words)]
    title = words("Approval rate by group")
    overall = evidence.figures["approval_rate"].value
    svg = intervals_figure("approval", title, lines, words("approved"), words, overall=overall, as_share=True)
    caption = words("Approval rate by group, with 95 % intervals; the dashed line is everybody")
    drawing = Drawing("approval", caption, svg, is_wide=True)
    text = f"{text} {_withheld(words)}"
    shown = tuple(tables.fairness_table(groups, words) for groups in evidence.fairness)
    return Section("fairness", words("Fairness"), (text, drawing, *shown))


def _withheld(words: Words) -> str:
    return words(
        "Figures of groups under {rows} applicants, or under {few} of either outcome, are withheld: they would say "
        "nothing of the group and too much of its people.",
        rows=FEWEST_ROWS,
        few=FEWEST_DEFAULTERS,
    )


def _lines(groups: Groups, figure: str, words: Words) -> list[Line]:
    heading = Line(words.pick(groups.label), None)
    found = [
        Line(words.pick(label), getattr(each, figure))
        for label, each in zip(groups.labels, groups.figures, strict=True)
        if not each.is_small
    ]
    return [heading, *found] if found else []


def _reason_label(contract: Contract, code: str, words: Words) -> str:
    reason = contract.reasons.get(code)
    return words.pick((reason.text_en, reason.text_fr)) if reason else words("never given as a reason")
