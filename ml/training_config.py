"""How a product's model is trained: read from ``ml/configs/<product>.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.errors import TrainingError

CONFIGS_DIR = Path(__file__).parent / "configs"


@dataclass(frozen=True)
class TrainingConfig:
    """``rounds`` trees per fit, ``folds`` of the out-of-fold evaluation, LightGBM's parameters."""

    seed: int
    folds: int
    rounds: int
    reference_rows: int
    lightgbm: dict[str, Any]


def load_config(product: str, path: Path | None = None, *, quick: bool = False) -> TrainingConfig:
    """Read the configuration of ``product``, or the one at ``path``; ``quick`` takes its short form.

    Raises TrainingError ``config_unreadable``.
    """
    path = path or CONFIGS_DIR / f"{product}.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        short = raw.pop("quick", {})
        if quick:
            raw["lightgbm"]["learning_rate"] = short.pop("learning_rate", raw["lightgbm"]["learning_rate"])
            raw |= short
        config = TrainingConfig(**raw)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise TrainingError("config_unreadable", f"{path.name}: {error}") from error
    if config.folds < 2 or config.rounds < 1 or not 1 <= config.reference_rows <= 2000:
        raise TrainingError("config_unreadable", f"{path.name}: folds, rounds or reference_rows out of range.")
    return config
