"""How a product's model is trained: read from ``training.toml`` in the product's folder."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.errors import TrainingError
from ml.product_folders import product_folder

CONFIGS_DIR = Path(__file__).parent / "configs"


@dataclass(frozen=True)
class TrainingConfig:
    """``rounds`` trees per fit, ``folds`` of the out-of-fold evaluation, LightGBM's parameters.

    ``members`` fits that differ by their seed are averaged into the one booster of the model.
    """

    seed: int
    folds: int
    rounds: int
    reference_rows: int
    lightgbm: dict[str, Any]
    members: int = 1


def load_config(product: str, path: Path | None = None, *, quick: bool = False) -> TrainingConfig:
    """Read the configuration of ``product``, or the one at ``path``; ``quick`` takes its short form.

    Raises TrainingError ``config_unreadable``.
    """
    path = path or _own(product)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        short = raw.pop("quick", {})
        if quick:
            raw["lightgbm"]["learning_rate"] = short.pop("learning_rate", raw["lightgbm"]["learning_rate"])
            raw |= short
        config = TrainingConfig(**raw)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise TrainingError("config_unreadable", f"{path.name}: {error}") from error
    if config.folds < 2 or min(config.rounds, config.members) < 1 or not 1 <= config.reference_rows <= 2000:
        raise TrainingError("config_unreadable", f"{path.name}: folds, rounds, members or reference_rows out of range.")
    return config


def _own(product: str) -> Path:
    path = product_folder(product) / "training.toml"
    return path if path.exists() else CONFIGS_DIR / f"{product}.toml"
