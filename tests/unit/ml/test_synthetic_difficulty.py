"""Drawn outcomes can be learnt; how near they come to genuine ones is measured by the program, not here."""

from ml.synthetic import generate_applications
from ml.synthetic.difficulty import auc_across, auc_in_folds


def test_drawn_outcomes_can_be_learnt_and_shuffled_ones_cannot():
    frame = generate_applications(2500, 3)
    assert 0.62 < auc_in_folds(frame) < 0.82
    shuffled = frame.assign(TARGET=frame["TARGET"].sample(frac=1, random_state=1).to_numpy())
    assert 0.44 < auc_in_folds(shuffled) < 0.56


def test_what_one_draw_teaches_holds_for_another():
    assert auc_across(generate_applications(3000, 3), generate_applications(3000, 4)) > 0.64
