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
        factor=correlation_factor(_correlation(folder, "latent", len(drivers))),
        observed=_correlation(folder, "observed", len(drivers)),
        risk=document["risk"],
    )


@cache
def child_parameters(folder: Path = FOLDER) -> Mapping[str, Any]:
    """Parameters of the child tables, read once from ``children.json``: marginals by table, column and group."""
    return {table: _parse(entry) for table, entry in _read(folder / "children.json").items()}


def correlation_factor(correlation: Floats) -> Floats:
    """A matrix L with unit rows and L @ L.T near ``correlation``, shape (k, k), even if that is not definite."""
    values, vectors = np.linalg.eigh(correlation)
    factor: Floats = vectors * np.sqrt(np.clip(values, 1e-6, None))
    unit: Floats = factor / np.linalg.norm(factor, axis=1, keepdims=True)
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
