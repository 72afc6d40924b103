"""The search: seeded, pruned, resumable, and bound to its data."""

import json
from dataclasses import replace

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from ml import tuning
from ml.errors import TrainingError
from ml.strategies.learning import Inputs
from ml.training_config import TrainingConfig
from ml.tuning import SPACE, boosting_of, held_out_loss, outside, start_of, stored, study_of_fold, tune
from ml.tuning_study import fingerprint, finished, open_study


@pytest.fixture(autouse=True)
def _small_trees(monkeypatch):
    """The search as it is, with a tenth of the trees."""
    less = tuple(
        tuning.Dimension(each.name, 0.2, 1.0, each.default) if each.name == "total_step" else each for each in SPACE
    )
    monkeypatch.setattr(tuning, "SPACE", less)
    monkeypatch.setattr(tuning, "STARTUP_TRIALS", 3)


@pytest.fixture
def search(inputs, loaded, journal):
    def run(trials, path=journal, **changes):
        return tune(inputs, loaded.data.is_default, loaded.config, path=path, trials=trials, **changes)

    return run


def trials_of(path, name="all") -> list[tuple]:
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(path)))
    study = optuna.load_study(study_name=name, storage=storage)
    ended = [trial for trial in study.trials if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    return [(trial.state, trial.params, trial.value) for trial in ended]


def test_starts_from_the_configuration_and_never_ends_worse(search, loaded, journal):
    best = search(6)
    assert best.log_loss <= best.start_log_loss
    assert best.completed + best.pruned == 6
    assert trials_of(journal)[0][1] == pytest.approx(start_of(loaded.config))


def test_the_same_seed_gives_the_same_search(search, tmp_path):
    search(5, path=tmp_path / "one")
    search(5, path=tmp_path / "two")
    assert trials_of(tmp_path / "one") == trials_of(tmp_path / "two")


def interrupt_at(monkeypatch, fit: int):
    learn, fits = tuning.learn_without, []

    def stop(*args):
        fits.append(1)
        if len(fits) == fit:
            raise KeyboardInterrupt
        return learn(*args)

    monkeypatch.setattr(tuning, "learn_without", stop)


@pytest.mark.parametrize("fit", [1, 10])
def test_an_interrupted_search_goes_on_as_if_nothing_had_been(search, tmp_path, monkeypatch, fit):
    """Stopped in its first trial, or in a later one: the trials that end are those of a search left alone."""
    search(5, path=tmp_path / "whole")
    with monkeypatch.context() as patched:
        interrupt_at(patched, fit)
        with pytest.raises(KeyboardInterrupt):
            search(5, path=tmp_path / "stopped")
    assert len(trials_of(tmp_path / "stopped")) < 5
    search(5, path=tmp_path / "stopped")
    assert trials_of(tmp_path / "stopped") == trials_of(tmp_path / "whole")


def test_a_line_torn_by_a_power_cut_is_forgotten(search, journal):
    search(2)
    journal.write_bytes(journal.read_bytes() + b'{"op_code":6,"tri')
    search(3)
    assert len(trials_of(journal)) == 3


def test_a_spoilt_journal_is_refused(search, journal):
    search(1)
    lines = journal.read_text().splitlines()
    journal.write_text("\n".join([lines[0], "nonsense", *lines[1:]]) + "\n")
    with pytest.raises(TrainingError, match="Move it away") as caught:
        search(2)
    assert caught.value.code == "study_unreadable"


def test_the_journal_is_json_and_nothing_else(search, journal):
    search(2)
    assert all(json.loads(line) for line in journal.read_text().splitlines())
    assert [path.name for path in journal.parent.iterdir()] == [journal.name]


@pytest.mark.parametrize("what", ["data", "features", "configuration", "folds", "code"])
def test_a_search_of_something_else_is_refused(search, inputs, loaded, journal, monkeypatch, what):
    search(1)
    matrix, is_default, specification, config, folds = (
        inputs.matrix,
        loaded.data.is_default,
        inputs.specification,
        loaded.config,
        tuning.FOLDS,
    )
    if what == "data":
        is_default = 1 - is_default
    elif what == "features":
        last = specification.names[-1]
        matrix, specification = matrix[:, :-1], specification.without({last})
    elif what == "configuration":
        config = replace(config, rounds=config.rounds + 1)
    elif what == "folds":
        folds = 3
    else:
        monkeypatch.setattr("ml.tuning_study.CODE", ("tuning.py",))
    with pytest.raises(TrainingError) as caught:
        tune(Inputs(matrix, specification), is_default, config, path=journal, trials=2, folds=folds)
    assert caught.value.code == "study_stale"
    assert str(journal) in caught.value.message
    assert len(trials_of(journal)) == 1


def test_a_stale_search_is_not_compared(search, inputs, loaded, journal):
    search(1)
    with pytest.raises(TrainingError):
        stored(journal, "all", inputs, 1 - loaded.data.is_default, loaded.config)
    assert stored(journal, "all", inputs, loaded.data.is_default, loaded.config) is not None


def test_no_search_is_none(inputs, loaded, journal):
    assert stored(journal, "all", inputs, loaded.data.is_default, loaded.config) is None
    open_study(journal, "all", fingerprint(inputs, loaded.data.is_default, loaded.config, tuning.FOLDS))
    assert stored(journal, "all", inputs, loaded.data.is_default, loaded.config) is None
    assert stored(journal, study_of_fold(0), inputs, loaded.data.is_default, loaded.config) is None


def test_a_nested_search_never_sees_its_fold(inputs, loaded, fold):
    """Its fingerprint is of every byte it is given: that of absurd held-out rows is the same."""
    held_out = fold == 2
    poisoned = inputs.matrix.copy()
    poisoned[held_out] = 1e30
    flipped = np.where(held_out, 1 - loaded.data.is_default, loaded.data.is_default)
    other = Inputs(poisoned, inputs.specification)
    prints = [
        fingerprint(*outside(each, labels, fold, 2), loaded.config, tuning.FOLDS)
        for each, labels in ((inputs, loaded.data.is_default), (other, flipped))
    ]
    assert prints[0] == prints[1]
    assert prints[0] != fingerprint(inputs, loaded.data.is_default, loaded.config, tuning.FOLDS)


def test_bad_trials_are_stopped_early(inputs, loaded, journal):
    study = open_study(journal, "all", fingerprint(inputs, loaded.data.is_default, loaded.config, tuning.FOLDS))
    best = tune(inputs, loaded.data.is_default, loaded.config, path=journal, trials=14)
    stopped = [trial for trial in study.trials if trial.state == TrialState.PRUNED]
    assert best.pruned == len(stopped) > 0
    assert all(list(trial.intermediate_values) == [2] for trial in stopped)
    assert finished(study) == 14


def test_a_point_becomes_parameters(loaded):
    point = {**start_of(loaded.config), "learning_rate": 0.02, "total_step": 1.0}
    boosting = boosting_of(point, loaded.config)
    assert (boosting.rounds, boosting.members) == (50, 1)
    assert "total_step" not in boosting.parameters
    assert boosting.parameters["monotone_constraints_method"] == "basic"


def test_a_configuration_outside_the_searched_space_starts_at_its_border(loaded):
    wide = TrainingConfig(0, 3, 10, 50, {**loaded.config.lightgbm, "num_leaves": 5000, "learning_rate": 1e-5})
    start = start_of(wide)
    assert start["num_leaves"] == 48
    assert all(each.low <= start[each.name] <= each.high for each in tuning.SPACE)


def test_the_value_of_margins_that_rank_at_random_is_that_of_the_base_rate():
    rng = np.random.default_rng(0)
    is_default = (rng.random(400) < 0.2).astype(float)
    rate = is_default.mean()
    entropy = -(rate * np.log(rate) + (1 - rate) * np.log(1 - rate))
    assert held_out_loss(-5 * is_default + rng.normal(size=400), is_default, 0) == pytest.approx(entropy)


def test_too_few_rows(inputs, loaded, journal):
    rows = np.r_[np.flatnonzero(loaded.data.is_default == 1)[:3], np.flatnonzero(loaded.data.is_default == 0)[:50]]
    few = Inputs(inputs.matrix[rows], inputs.specification)
    with pytest.raises(TrainingError) as caught:
        tune(few, loaded.data.is_default[rows], loaded.config, path=journal, trials=1)
    assert caught.value.code == "too_few_rows"


@pytest.fixture
def command(monkeypatch, loaded, journal):
    monkeypatch.setattr("ml.tuning.load", lambda *_args, **_options: loaded)
    return lambda *more: tuning.main(["--data", "anywhere", "--trials", "2", "--journal", str(journal), *more])


def test_the_command_tells_what_it_found(command, capsys):
    assert command("--nested") == 0
    said = capsys.readouterr().out
    assert [line.split(":")[0] for line in said.splitlines()[::2]] == [
        "study all",
        *(f"study without-fold-{number}" for number in (1, 2, 3)),
    ]


def test_an_interrupted_command_says_how_to_go_on(command, capsys, journal, monkeypatch):
    with monkeypatch.context() as patched:
        interrupt_at(patched, 6)
        assert command() == 130
    said = capsys.readouterr().err
    assert str(journal) in said
    assert "the same command goes on" in said
    assert command() == 0


def test_a_stale_study_ends_the_command_with_the_reason(command, capsys, monkeypatch):
    assert command() == 0
    monkeypatch.setattr("ml.tuning_study.CODE", ())
    assert command() == 1
    assert "study_stale" in capsys.readouterr().err
