"""How hard drawn applicants are to tell apart, and what a model learnt from them knows of genuine ones."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from ml.contract import load_contract
from ml.features import build_matrix, columns_from_frame
from ml.features.specification import raw_specification
from ml.metrics import auc
from ml.synthetic.derive import BOOST, derive_into
from ml.synthetic.fidelity import fidelity_report
from ml.synthetic.tables import generate, generate_applications

FOLDS = 5
# LightGBM as it comes, but for what makes a run repeatable.
PLAIN = {"objective": "binary", "num_threads": 1, "deterministic": True, "verbosity": -1, "seed": 0}
ROUNDS = 100


@dataclass(frozen=True)
class Difficulty:
    """AUC (0 to 1) of plain LightGBM on raw application columns.

    ``drawn`` and ``genuine``: 5 stratified folds within the table. ``drawn_to_genuine``: learnt on drawn applicants,
    judged on genuine ones whose half of the portfolio the generator never saw; ``genuine_to_drawn`` the other way.
    """

    drawn: float
    genuine: float
    drawn_to_genuine: float
    genuine_to_drawn: float

    @property
    def gap(self) -> float:
        """How much harder (below 0) or easier drawn applicants are."""
        return self.drawn - self.genuine


def auc_in_folds(frame: pd.DataFrame) -> float:
    """Out-of-fold AUC of plain LightGBM on a raw application table with its outcome."""
    matrix, is_default = _matrix(frame)
    score = np.zeros(len(frame))
    for learn, judge in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(matrix, is_default):
        score[judge] = _fit(matrix[learn], is_default[learn]).predict(matrix[judge])
    return auc(is_default, score)


def auc_across(learnt_on: pd.DataFrame, judged_on: pd.DataFrame) -> float:
    """AUC on one raw application table of plain LightGBM learnt on another."""
    matrix, is_default = _matrix(judged_on)
    return auc(is_default, np.asarray(_fit(*_matrix(learnt_on)).predict(matrix)))


def difficulty(genuine: pd.DataFrame, rows: int, seed: int) -> Difficulty:
    """Compare drawn applicants with genuine ones.

    The stored parameters hold effects fitted on the whole portfolio, so for what is learnt on drawn applicants
    the generator is calibrated anew on one half of ``genuine``, and the other half is the judge.
    """
    halves = _halves(genuine)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        derive_into(folder, halves[0], boost=BOOST)
        blind = generate_applications(rows, seed, folder=folder)
    return Difficulty(
        drawn=auc_in_folds(generate_applications(rows, seed)),
        genuine=auc_in_folds(genuine),
        drawn_to_genuine=auc_across(blind, halves[1]),
        genuine_to_drawn=auc_across(halves[1], blind),
    )


def _halves(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    target = load_contract().target
    learn, judge = next(StratifiedKFold(2, shuffle=True, random_state=0).split(frame, frame[target]))
    return frame.iloc[learn], frame.iloc[judge]


def _matrix(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    contract = load_contract()
    matrix = build_matrix(raw_specification(contract), contract, columns_from_frame(contract, frame))
    return matrix, frame[contract.target].to_numpy(dtype=np.float64)


def _fit(matrix: np.ndarray, is_default: np.ndarray) -> lgb.Booster:
    categorical = list(raw_specification(load_contract()).categorical)
    return lgb.train(PLAIN, lgb.Dataset(matrix, is_default, categorical_feature=categorical, params=PLAIN), ROUNDS)


def main(arguments: Sequence[str] | None = None) -> None:
    """``python -m ml.synthetic.difficulty GENUINE``: the whole fidelity of a draw, as JSON and Markdown."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("genuine", type=Path, help="folder with application_train.parquet")
    parser.add_argument("--rows", type=int, default=35_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path("fidelity"))
    options = parser.parse_args(arguments)
    report = fidelity_report(generate(options.rows, options.seed))
    found = difficulty(pd.read_parquet(options.genuine / "application_train.parquet"), options.rows, options.seed)
    document = asdict(report) | {"difficulty": asdict(found)}
    options.out.with_suffix(".json").write_text(json.dumps(document, indent=1))
    lines = [f"| {name} | {value:.4f} |" for name, value in asdict(found).items()]
    table = "\n".join(["", "| AUC of plain LightGBM | |", "|---|---|", *lines, ""])
    options.out.with_suffix(".md").write_text(report.markdown() + table)
    print(table)


if __name__ == "__main__":
    main()
