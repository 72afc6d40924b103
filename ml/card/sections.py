"""The chapters of a model card, composed from the manifest and the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ml.card import tables
from ml.card.curves import RESAMPLES
from ml.card.document import Card, Code, Listing, Section, Table
from ml.card.sections_drawn import (
    Source,
    calibration,
    cutoff,
    dependence,
    fairness,
    influence,
    separation,
    stability,
)
from ml.card.words import Words
from ml.contract import Contract

NAMES_SHOWN = 12


def compose(source: Source, language: str = "en") -> Card:
    """The whole card in ``language`` (en or fr)."""
    words = Words(language)
    chapters = (
        _purpose, _limits, _data, _figures, separation, calibration, cutoff, influence, dependence, stability,
        fairness, _reproduction, _features,
    )  # fmt: skip
    product = words.pick((source.contract.label_en, source.contract.label_fr))
    return Card(
        language=language,
        title=words("Model card: {product}", product=product),
        subtitle=words(
            "Version {version}, created {created}",
            version=source.manifest["version"],
            created=f"{datetime.fromisoformat(source.manifest['created_at']).astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        ),
        sections=tuple(chapter(source, words) for chapter in chapters),
    )


def _horizon(months: int, words: Words) -> str:
    return words("one month") if months == 1 else words("{months} months", months=months)


def _purpose(source: Source, words: Words) -> Section:
    contract = source.contract
    first = words(
        "Estimates the probability that an applicant for “{product}” defaults within {horizon}, in the sense of "
        "the outcome “{outcome}”. A higher probability means a higher risk.",
        product=words.pick((contract.label_en, contract.label_fr)),
        horizon=_horizon(contract.horizon_months, words),
        outcome=words.pick(_target_label(contract)),
    )
    uses = (
        words("Meant for: advising a credit officer on one application, with reasons; scoring portfolios; monitoring."),
        words("A person decides a refusal: the model recommends, refers or approves, it never declines alone."),
        words(
            "Not meant for: other products, other countries, pricing, collections, or people without an application."
        ),
    )
    return Section("purpose", words("Purpose and intended use"), (first, Listing(uses)))


def _limits(source: Source, words: Words) -> Section:
    contract, manifest = source.contract, source.manifest
    absent = [table for table in contract.child_tables if table.name not in manifest["training"]["tables"]]
    protected = [column for column in contract.application.columns if column.protected]
    names = ", ".join(words.pick((column.label_en, column.label_fr)) for column in protected)
    items = [
        words("Only granted loans have an outcome: how declined applicants would have paid is not known."),
        words("The table does not say which period it covers; a changed economy changes the default rate."),
        words(
            "Contributions and reasons explain the log-odds before calibration; they describe the model, not causes."
        ),
    ]
    if protected:
        items.append(words("Not inputs of the model, kept to measure fairness: {names}.", names=names))
    if absent:
        listed = ", ".join(words.pick((table.label_en, table.label_fr)) for table in absent)
        items.append(words("Histories that were not there in training, so the model does not know them: {tables}.",
                           tables=listed))  # fmt: skip
    if contract.birth_column in source.specification.columns:
        items.append(words("Age is an input and is never given as a reason; its effect is shown under fairness."))
    return Section("limits", words("Limits"), (Listing(tuple(items)),))


def _data(source: Source, words: Words) -> Section:
    training, manifest = source.manifest["training"], source.manifest
    rows = [
        (words("applications with known outcome"), words.number(training["rows"], 0)),
        (words("in default"), words.percent(training["default_rate"], 2)),
        (words("tables"), ", ".join(training["tables"])),
        (words("features"), words.number(len(source.specification.features), 0)),
        (words("SHA-256 of the training data"), training["data_sha256"]),
    ]
    for name, child in training.get("children", {}).items():
        rows.append((words("rows of {table}", table=name), words.number(child["rows"], 0)))
    text = words("Features left out because they tell nothing in this table: {names}.",
                 names=_few(manifest["dropped_features"], words))  # fmt: skip
    header = (words("fact"), words("value"))
    return Section("data", words("Data"), (Table(words("Training data"), header, tuple(rows)), text))


def _few(names: Sequence[str], words: Words) -> str:
    if not names:
        return words("none")
    rest = len(names) - NAMES_SHOWN
    more = words(" and {count} more, named in the manifest", count=rest) if rest > 0 else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


def _figures(source: Source, words: Words) -> Section:
    manifest = source.manifest
    text = words(
        "Every figure is out of fold, on {folds} stratified folds (seed {seed}): each applicant is judged by a model "
        "and a calibration that did not see them. AUC intervals after DeLong, shares after Wilson, means by the normal "
        "law, KS and precision-recall by {resamples} resamples.",
        folds=manifest["parameters"]["folds"],
        seed=manifest["seed"],
        resamples=RESAMPLES,
    )
    caution = words("Where the parameters were chosen with these folds in sight, expect a little less elsewhere.")
    blocks = (
        text,
        tables.comparison_table(manifest["metrics"], words),
        tables.figures_table(source.evidence, words),
        caution,
    )
    return Section("figures", words("Figures"), blocks)


def _reproduction(source: Source, words: Words) -> Section:
    manifest = source.manifest
    libraries = ", ".join(f"{name} {number}" for name, number in manifest["libraries"].items())
    text = words("With the code of version {code} and {libraries}, the same data give the same model.",
                 code=manifest["code_version"], libraries=libraries)  # fmt: skip
    command = f"python -m ml.cli train --product {manifest['product']} --data FOLDER --config training.toml"
    return Section("reproduction", words("Reproduction"), (text, Code(command), "training.toml", Code(_toml(manifest))))


def _toml(manifest: Mapping[str, Any]) -> str:
    parameters = manifest["parameters"]
    head = {"seed": manifest["seed"], **{key: value for key, value in parameters.items() if key != "lightgbm"}}
    lines = [f"{key} = {_toml_value(value)}" for key, value in head.items()]
    lines += ["", "[lightgbm]", *(f"{key} = {_toml_value(value)}" for key, value in parameters["lightgbm"].items())]
    return "\n".join(lines)


def _toml_value(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _features(source: Source, words: Words) -> Section:
    importance = {each.name: each.mean_absolute for each in source.evidence.influence.features}
    table = tables.features_table(source.specification.features, importance, words)
    return Section("features", words("Features"), (table,))


def _target_label(contract: Contract) -> tuple[str, str]:
    column = contract.application.column(contract.target)
    return column.label_en, column.label_fr
