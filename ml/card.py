"""The model card in Markdown, written from the manifest alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMES = {
    "model": "This model",
    "lightgbm_defaults": "LightGBM defaults, raw columns",
    "accept_everyone": "Accept everyone",
}


def model_card(manifest: Mapping[str, Any]) -> str:
    """The card: purpose, data, figures beside the baselines, calibration, cutoff, limits, features."""
    parts = (_head, _figures, _calibration, _cutoff, _limits, _features)
    return "\n".join(part(manifest) for part in parts)


def comparison(metrics: list[Mapping[str, Any]]) -> str:
    """The figures of all strategies as a Markdown table."""
    head = "| strategy | AUC (95 %) | Gini | KS | Brier | slope | intercept | cost per client | approved |"
    rule = "|---|---|---|---|---|---|---|---|---|"
    return "\n".join([head, rule, *(_row(entry) for entry in metrics)])


def _row(entry: Mapping[str, Any]) -> str:
    auc = entry["auc"]
    cells = [
        NAMES.get(entry["name"], entry["name"]),
        f"{auc['value']:.4f} ({auc['lower']:.4f}-{auc['upper']:.4f})",
        *(f"{entry[key]:.4f}" for key in ("gini", "ks", "brier")),
        *(_or_dash(entry[key]) for key in ("calibration_slope", "calibration_intercept")),
        f"{entry['cost_per_client']:.4f}",
        f"{entry['approval_rate']:.1%}",
    ]
    return f"| {' | '.join(cells)} |"


def _or_dash(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _head(manifest: Mapping[str, Any]) -> str:
    training = manifest["training"]
    return f"""# Model card: {manifest["version"]}

## Purpose

Estimates the probability that an applicant for the product `{manifest["product"]}` will have serious
payment difficulties. It recommends; a person decides a refusal. Higher probability means higher risk.

## Data

{training["rows"]} applications with known outcome, {training["default_rate"]:.2%} in default, from
{_listed(training["tables"])} alone. SHA-256 of the training table: `{training["data_sha256"]}`.
Code version `{manifest["code_version"]}`, seed {manifest["seed"]}, created {manifest["created_at"]}.
"""


def _figures(manifest: Mapping[str, Any]) -> str:
    model = manifest["metrics"][0]
    folds = ", ".join(f"{value:.4f}" for value in model["fold_auc"])
    return f"""## Figures

Out of fold on the same {manifest["parameters"]["folds"]} stratified folds; intervals after DeLong. Calibration
is fitted on the other folds, so no row judges itself.

{comparison(manifest["metrics"])}

AUC fold by fold: {folds}. The parameters were chosen with these folds in sight, so expect a little less elsewhere.
"""


def _calibration(manifest: Mapping[str, Any]) -> str:
    rows = [
        f"| {number} | {entry['rows']} | {entry['expected']:.2%} | {entry['observed']:.2%} | "
        f"{entry['lower']:.2%} to {entry['upper']:.2%} | {'yes' if entry['agrees'] else 'no'} |"
        for number, entry in enumerate(manifest["calibration_deciles"], start=1)
    ]
    return "\n".join(
        [
            "## Calibration by decile\n",
            "| decile | rows | expected | observed | 95 % interval | within |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _cutoff(manifest: Mapping[str, Any]) -> str:
    cutoff, costs = manifest["cutoff"]["value"], manifest["cutoff"]["costs"]
    return f"""## Cutoff

Decline is recommended from a probability of {cutoff:.4f}: a loan wrongly granted costs {costs["false_negative"]:g}, one
wrongly refused {costs["false_positive"]:g}, and with calibrated probabilities this is where both cost the same.
It is not fitted to the data.
"""


def _limits(manifest: Mapping[str, Any]) -> str:
    dropped = _listed(manifest["dropped_features"]) or "none"
    return f"""## Limits

- Only the application itself is used; the history tables (credit bureau, earlier loans, instalments, card) are not.
- Only granted loans have an outcome: how declined applicants would have paid is not known.
- Contributions and reasons explain the log-odds before calibration; they describe the model, not causes.
- Sex, marital status, children and family size are not inputs; age is, and is never given as a reason.
- Features dropped because they tell nothing in the training table: {dropped}.
"""


def _features(manifest: Mapping[str, Any]) -> str:
    rows = [
        f"| `{entry['name']}` | {entry['label_en']} | {_formula(entry)} | {entry['reason_code'] or 'never a reason'} | "
        f"{ {1: 'raises', -1: 'lowers', 0: ''}[entry['monotone']] } |"
        for entry in manifest["features"]
    ]
    return "\n".join(
        [
            "## Features\n",
            "| feature | meaning | made of | reason | risk may only |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _formula(entry: Mapping[str, Any]) -> str:
    if entry["op"] == "column":
        return "raw column"
    inputs = entry["inputs"]
    shown = ", ".join(inputs) if len(inputs) <= 4 else f"{inputs[0]} .. {inputs[-1]}, {len(inputs)} columns"
    return f"{entry['op']}({shown})"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
