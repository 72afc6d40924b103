"""The generator's parameters: aggregates of a portfolio, kept as data beside the product's contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ml.synthetic.marginals import Floats, Marginal, marginal_from_json

FOLDER = Path(__file__).resolve().parent.parent / "products" / "home_credit" / "synthetic"

# Correlations are stored to three places, which alone may leave them short of positive definite.
RIDGE = 0.01


@dataclass(frozen=True)
class ApplicationParameters:
    """What the application table is drawn from.

    ``drivers`` are the free columns in drawing order; ``factor`` turns independent normal numbers into
    latents with the portfolio's dependence, shape (drivers, drivers); ``observed`` is the portfolio's own
    rank correlation of the drivers; ``risk`` holds the additive effects on the log-odds of default.
    """

    columns: tuple[str, ...]
    integers: frozenset[str]
    drivers: Mapping[str, Marginal]
    factor: Floats
    observed: Floats
    risk: Mapping[str, Any]


@cache
def application_parameters(folder: Path = FOLDER) -> ApplicationParameters:
    """Parameters of the application table, read once from ``application.json`` and ``correlation.json``."""
    document = _read(folder / "application.json")
    drivers = {name: marginal_from_json(entry) for name, entry in document["drivers"].items()}
    return ApplicationParameters(
        columns=tuple(document["columns"]),
        integers=frozenset(document["integers"]),
        drivers=drivers,
        factor=triangular_factor(_correlation(folder, "latent", len(drivers))),
        observed=_correlation(folder, "observed", len(drivers)),
        risk=document["risk"],
    )


@cache
def child_parameters(folder: Path = FOLDER) -> Mapping[str, Any]:
    """Parameters of the child tables, read once from ``children.json``: marginals by table, column and group."""
    return {table: _parse(entry) for table, entry in _read(folder / "children.json").items()}


def triangular_factor(correlation: Floats) -> Floats:
    """Cholesky factor L of ``correlation``, shape (k, k), unit rows: the same bits on any number of threads.

    LAPACK's factors change in the last bits with the threads at work, and one seed must give one draw.
    """
    ridged = (1.0 - RIDGE) * correlation + RIDGE * np.eye(len(correlation))
    factor: Floats = np.zeros_like(ridged)
    for j in range(len(ridged)):
        rest = ridged[j:, j] - np.einsum("ik,k->i", factor[j:, :j], factor[j, :j])
        factor[j:, j] = rest / np.sqrt(max(rest[0], RIDGE / 10.0))
    unit: Floats = factor / np.sqrt(np.einsum("ik,ik->i", factor, factor))[:, None]
    return unit


def _correlation(folder: Path, kind: str, size: int) -> Floats:
    lower = np.tril_indices(size, -1)
    matrix = np.eye(size)
    matrix[lower] = np.asarray(_read(folder / "correlation.json")[kind]) / 1000.0
    symmetric: Floats = matrix + np.tril(matrix, -1).T
    return symmetric


def _parse(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    if "grid" in entry or {"values", "rates"} <= set(entry):
        return marginal_from_json(entry)
    return {key: _parse(value) for key, value in entry.items()}


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
