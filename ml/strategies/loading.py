"""The training table of a product as the strategies take it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ml.child_tables import find_children
from ml.contract import Contract, available_products, load_contract
from ml.features import build_matrix, columns_from_frame, load_specification
from ml.features.specification import raw_specification
from ml.progress import Progress, silent
from ml.raw_tables import find_training_table
from ml.strategies.learning import Inputs
from ml.training_config import TrainingConfig, load_config
from ml.training_data import TrainingData, prepare
from ml.validation import read_table


@dataclass(frozen=True)
class Loaded:
    """A product's training data, checked, with its configuration."""

    contract: Contract
    config: TrainingConfig
    data: TrainingData

    @cached_property
    def views(self) -> Mapping[str, Inputs]:
        """What strategies may learn from: the product's features, and the raw columns alone."""
        raw = raw_specification(self.contract)
        matrix = build_matrix(raw, self.contract, columns_from_frame(self.contract, self.data.frame))
        return {"features": Inputs(self.data.matrix, self.data.specification), "raw": Inputs(matrix, raw)}


def load(product: str, data: Path, *, rows: int | None = None, progress: Progress = silent) -> Loaded:
    """Read and check the training tables of ``product`` in the folder ``data``, or ``rows`` of it drawn by the seed.

    Raises ContractError ``table_missing`` and what reading raises, TrainingError as
    :func:`ml.training_data.prepare`.
    """
    contract, config, specification = load_contract(product), load_config(product), load_specification(product)
    frame = read_table(contract, find_training_table(contract, data), contract.root_table)
    children = find_children(contract, data) if data.is_dir() else {}
    if rows is not None and rows < len(frame):
        frame = frame.sample(rows, random_state=config.seed)
    prepared = prepare(frame, contract, specification, config.folds, children=children, progress=progress)
    return Loaded(contract, config, prepared)


def home() -> Path:
    """The folder of what is made here."""
    return Path(os.environ.get("DATA_DIR", ".data"))


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which data: ``--data``, ``--product``, ``--rows``."""
    parser.add_argument("--data", type=Path, required=True, help="folder with the raw tables, or one table")
    parser.add_argument("--product", default="home_credit", choices=available_products())
    parser.add_argument("--rows", type=int, help="only so many applicants, drawn by the seed")
