"""Judges every strategy on the same folds and chooses one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ml.cutoff import CostMatrix
from ml.folds import stratified_folds
from ml.packaging import code_version
from ml.progress import Progress, silent
from ml.strategies.catalogue import CHAMPION, LeftOut
from ml.strategies.judging import (
    Choice,
    Difference,
    FoldFigures,
    StrategyFigures,
    choose,
    difference,
    fold_figures,
    judge,
)
from ml.strategies.learning import Inputs, Strategy
from ml.strategies.loading import Loaded
from ml.strategies.running import OutOfFold, out_of_fold

REPEATS = 2


@dataclass(frozen=True)
class Comparison:
    """Every strategy on the same folds; figures in the table are of ``seeds[0]``, differences of all seeds."""

    product: str
    rows: int
    default_rate: float
    features: int
    data_sha256: str
    code_version: str
    folds: int
    members: int
    seeds: tuple[int, ...]
    costs: CostMatrix
    strategies: tuple[StrategyFigures, ...]
    differences: tuple[Difference, ...]
    choice: Choice
    left_out: tuple[LeftOut, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return asdict(self)

    def figures(self, name: str) -> StrategyFigures:
        """The figures of the strategy called ``name``."""
        return next(each for each in self.strategies if each.name == name)


def compare(
    loaded: Loaded,
    strategies: Sequence[Strategy],
    *,
    repeats: int = REPEATS,
    left_out: Sequence[LeftOut] = (),
    progress: Progress = silent,
) -> Comparison:
    """Judge ``strategies``, the champion among them, on the product's folds and ``repeats`` further shuffles.

    Raises TrainingError of a strategy that cannot learn, and those of :func:`ml.folds.stratified_folds`.
    """
    data, config, views = loaded.data, loaded.config, loaded.views
    costs = CostMatrix(loaded.contract.cost_false_negative, loaded.contract.cost_false_positive)
    seeds = tuple(config.seed + number for number in range(repeats + 1))
    runs = {seed: _run(strategies, views, loaded, seed, first=seed == seeds[0], progress=progress) for seed in seeds}
    figures = tuple(_figures(each, runs, loaded, costs) for each in strategies)
    champion = next(each for each in figures if each.name == CHAMPION)
    differences = tuple(difference(each, champion) for each in figures if each is not champion)
    return Comparison(
        product=loaded.contract.product,
        rows=len(data.is_default),
        default_rate=float(data.is_default.mean()),
        features=len(data.specification.names),
        data_sha256=data.sha256,
        code_version=code_version(),
        folds=config.folds,
        members=config.members,
        seeds=seeds,
        costs=costs,
        strategies=figures,
        differences=differences,
        choice=choose(figures, differences, CHAMPION),
        left_out=tuple(left_out),
    )


def _run(
    strategies: Sequence[Strategy],
    views: Mapping[str, Inputs],
    loaded: Loaded,
    seed: int,
    *,
    first: bool,
    progress: Progress,
) -> dict[str, OutOfFold]:
    taking_part = [each for each in strategies if first or each.repeatable]
    is_default = loaded.data.is_default
    fold = stratified_folds(is_default, loaded.config.folds, seed)
    return out_of_fold(taking_part, views, is_default, fold, seed, progress)


def _figures(
    strategy: Strategy, runs: Mapping[int, Mapping[str, OutOfFold]], loaded: Loaded, costs: CostMatrix
) -> StrategyFigures:
    is_default, folds = loaded.data.is_default, loaded.config.folds
    found = {seed: run[strategy.name] for seed, run in runs.items() if strategy.name in run}
    first, declines = next(iter(found)), strategy.declines
    shuffles = {seed: stratified_folds(is_default, folds, seed) for seed in found}
    raw, calibrated = judge(strategy.name, found[first], is_default, shuffles[first], costs, declines=declines)
    by_fold: list[FoldFigures] = []
    for seed, fold in shuffles.items():
        by_fold += fold_figures(found[seed], is_default, fold, seed, costs, declines=declines)
    return StrategyFigures(
        name=strategy.name,
        raw=raw,
        calibrated=calibrated,
        folds=tuple(by_fold),
        training_seconds=found[first].training_seconds,
        microseconds_per_row=found[first].microseconds_per_row,
        honest=strategy.honest,
    )
