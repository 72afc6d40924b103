"""Drawn applicants are about as hard to tell apart as genuine ones, and what is learnt on them holds for genuine ones."""

import os
from pathlib import Path

import pandas as pd
import pytest

from ml.synthetic import generate_applications
from ml.synthetic.difficulty import auc_across, auc_in_folds, difficulty

GENUINE = Path(os.environ.get("GENUINE_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
TABLE = GENUINE / "home_credit" / "application_train.parquet"


def test_drawn_outcomes_can_be_learnt_and_shuffled_ones_cannot():
    frame = generate_applications(2500, 3)
    assert 0.62 < auc_in_folds(frame) < 0.82
    shuffled = frame.assign(TARGET=frame["TARGET"].sample(frac=1, random_state=1).to_numpy())
    assert 0.44 < auc_in_folds(shuffled) < 0.56


def test_what_one_draw_teaches_holds_for_another():
    assert auc_across(generate_applications(3000, 3), generate_applications(3000, 4)) > 0.64


@pytest.mark.genuine
@pytest.mark.slow
@pytest.mark.skipif(not TABLE.is_file(), reason="needs the genuine data folder")
def test_drawn_applicants_are_as_hard_as_genuine_ones():
    found = difficulty(pd.read_parquet(TABLE).sample(5_000, random_state=0), 5_000, 7)
    assert abs(found.gap) < 0.05  # of so few; 35,000 of each differ by 0.003
    assert found.drawn_to_genuine > found.genuine - 0.06
