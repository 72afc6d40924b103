"""Keeps a comparison in the experiment tracker: one run per strategy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from ml.evaluation import Evaluation
from ml.progress import Progress, silent
from ml.strategies.comparison import Comparison
from ml.strategies.judging import Judged, StrategyFigures
from ml.tracking import track


def track_comparison(
    comparison: Comparison, written: Sequence[Path], folder: Path, *, report: Progress = silent
) -> None:
    """Keep each strategy as a run in the store under ``folder``; the files ``written`` go with the chosen one."""
    for number, each in enumerate(comparison.strategies):
        chosen = each.name == comparison.choice.name
        track(
            folder,
            experiment=f"{comparison.product} strategies",
            run_name=each.name,
            parameters={
                "rows": comparison.rows,
                "features": comparison.features,
                "folds": comparison.folds,
                "seeds": ", ".join(str(seed) for seed in sorted({figures.seed for figures in each.folds})),
            },
            metrics=run_metrics(each),
            artifacts={path.name: path.read_bytes() for path in written} if chosen else {},
            tags={
                "data_sha256": comparison.data_sha256,
                "code_version": comparison.code_version,
                "chosen": "yes" if chosen else "no",
                "honest": "yes" if each.honest else "no",
            },
            # Where the runs are kept, or that they are not, is said once.
            report=silent if number else report,
        )


def run_metrics(figures: StrategyFigures) -> dict[str, float]:
    """The numbers of one strategy by name; those of its probabilities as given and calibrated apart."""
    found = {"training_seconds": figures.training_seconds, "microseconds_per_row": figures.microseconds_per_row}
    for kind, judged in (("raw", figures.raw), ("calibrated", figures.calibrated)):
        if judged:
            found |= {f"{kind}.{name}": value for name, value in _numbers(judged).items()}
    return found


def _numbers(judged: Judged) -> dict[str, float]:
    own: Evaluation = judged.at_own_cutoff
    plain = {field.name: getattr(own, field.name) for field in fields(own)}
    numbers = {name: value for name, value in plain.items() if isinstance(value, float)}
    return {
        **numbers,
        "auc": own.auc.value,
        "auc_lower": own.auc.lower,
        "auc_upper": own.auc.upper,
        "break_even_cost": judged.break_even_cost,
        "break_even_approval": judged.break_even_approval,
    }
