"""The whole comparison: figures, page, command, tracking of one small table."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ml.errors import TrainingError
from ml.folds import stratified_folds
from ml.strategies import compare as command
from ml.strategies.catalogue import LABELS, catalogue
from ml.strategies.compare import scorecard_of, write_comparison
from ml.strategies.comparison import compare
from ml.strategies.learning import Inputs, Strategy
from ml.strategies.loading import load
from ml.tuning import outside, study_of_fold, tune


@pytest.fixture(scope="module")
def searched(loaded, inputs, fold, tmp_path_factory):
    """A journal with a search of all rows, and one without each fold."""
    path = tmp_path_factory.mktemp("tuning") / "home_credit.journal"
    is_default, config = loaded.data.is_default, loaded.config
    tune(inputs, is_default, config, path=path, trials=1)
    for number in range(config.folds):
        tune(*outside(inputs, is_default, fold, number), config, path=path, study_name=study_of_fold(number), trials=1)
    return path


@pytest.fixture(scope="module")
def comparison(loaded, searched):
    strategies, left_out = catalogue(loaded, searched)
    return compare(loaded, strategies, repeats=1, left_out=left_out)


@pytest.fixture(scope="module")
def points(loaded, inputs):
    return scorecard_of(inputs, loaded.data.is_default, 0)


def test_every_strategy_is_in_the_table(comparison):
    assert [each.name for each in comparison.strategies] == list(LABELS)
    assert comparison.left_out == ()
    for each in comparison.strategies:
        assert each.training_seconds >= 0
        assert each.microseconds_per_row > 0


def test_figures_are_of_the_first_seed_and_differences_of_all(comparison):
    assert comparison.seeds == (0, 1)
    folds = {each.name: len(each.folds) for each in comparison.strategies}
    assert folds.pop("lightgbm_tuned_nested") == 3
    assert set(folds.values()) == {6}
    champion = comparison.figures("champion")
    first = [figures.auc for figures in champion.folds if figures.seed == 0]
    assert first == pytest.approx(champion.calibrated.at_own_cutoff.fold_auc)


def test_only_what_was_tuned_on_the_judged_rows_is_not_honest(comparison):
    assert [each.name for each in comparison.strategies if not each.honest] == ["lightgbm_tuned"]


def test_the_champion_agrees_with_the_training(comparison, loaded, outcome):
    """The comparison's fit is the training's: on the training's rows, features and folds, to the bit."""
    from ml.strategies.boosted import Boosting, learner
    from ml.strategies.running import out_of_fold
    from ml.train import _fit_all, _recipes

    data, config = outcome.data, replace(outcome.config, members=2)
    fold = stratified_folds(data.is_default, config.folds, config.seed)
    trained, _ = _fit_all(*_recipes(data, loaded.contract, config), data.is_default, fold, lambda _text: None)
    champion = Strategy("champion", learner(Boosting.of_config(config)))
    views = {"features": Inputs(data.matrix, data.specification)}
    found = out_of_fold([champion], views, data.is_default, fold, config.seed)
    assert (found["champion"].margin == trained["model"]).all()


def test_the_page_and_the_figures_say_the_same(comparison, points, tmp_path):
    as_json, page = write_comparison(comparison, points, tmp_path / "new")
    kept = json.loads(as_json.read_text())
    text = page.read_text()
    assert kept["data_sha256"] == comparison.data_sha256
    assert [each["name"] for each in kept["strategies"]] == list(LABELS)
    for each in comparison.strategies:
        assert f"| {LABELS[each.name]} | {each.raw.at_own_cutoff.auc.value:.4f} (" in text
    assert len(kept["scorecard"]) == len(points) > 0
    assert f"## The choice: {LABELS[comparison.choice.name]}" in text


def longest_list(value) -> int:
    if isinstance(value, dict):
        return max(map(longest_list, value.values()), default=0)
    return max([len(value), *map(longest_list, value)]) if isinstance(value, list) else 0


def test_figures_are_aggregates_only(comparison, points, tmp_path):
    """Nothing in them has an entry per applicant."""
    as_json, _ = write_comparison(comparison, points, tmp_path)
    assert longest_list(json.loads(as_json.read_text())) < comparison.rows / 5


def test_no_scorecard_is_an_empty_table(loaded, inputs):
    blank = Inputs(inputs.matrix * 0 + 1, inputs.specification)
    assert scorecard_of(blank, loaded.data.is_default, 0) == ()


def test_a_strategy_that_cannot_learn_ends_the_comparison(loaded, strategies):
    def refuse(_sample):
        raise TrainingError("fit_failed", "no")

    with pytest.raises(TrainingError):
        compare(loaded, [*strategies[:1], Strategy("champion", refuse)], repeats=0)


@pytest.fixture
def tracked(monkeypatch):
    """What is handed to the tracker, run by run; the tracker has its own tests."""
    runs: list[dict] = []
    monkeypatch.setattr("ml.strategies.tracked.track", lambda folder, **run: runs.append({"folder": folder, **run}))
    return runs


@pytest.fixture
def run(monkeypatch, loaded, tmp_path, tracked):
    monkeypatch.setattr(command, "load", lambda *_args, **_options: loaded)
    options = ["--data", "x", "--repeats", "0", "--only", "woe_scorecard", "--out", str(tmp_path / "out")]
    return lambda *more: command.main([*options, "--journal", str(tmp_path / "none.journal"), *more])


def test_the_command_writes_figures_and_page(run, tmp_path, capsys):
    page = tmp_path / "page.md"
    assert run("--page", str(page)) == 0
    said = capsys.readouterr().out
    (folder,) = (tmp_path / "out").iterdir()
    assert str(folder / "comparison.json") in said
    assert page.read_text() == (folder / "comparison.md").read_text()
    assert "WoE scorecard" in page.read_text()
    assert "## Left out" in page.read_text()


def test_every_strategy_is_a_tracked_run(run, tracked, tmp_path):
    assert run("--tracking", str(tmp_path / "mlflow")) == 0
    assert [each["run_name"] for each in tracked] == ["accept_everyone", "woe_scorecard", "champion"]
    assert {each["folder"] for each in tracked} == {tmp_path / "mlflow"}
    (chosen,) = (each for each in tracked if each["tags"]["chosen"] == "yes")
    assert set(chosen["artifacts"]) == {"comparison.json", "comparison.md"}
    assert all(np.isfinite(value) for each in tracked for value in each["metrics"].values())
    champion = tracked[2]["metrics"]
    assert champion["raw.auc_lower"] < champion["raw.auc"] < champion["raw.auc_upper"]
    assert {"calibrated.calibration_slope", "raw.break_even_cost", "training_seconds"} <= set(champion)


def test_an_interrupted_comparison_writes_nothing(run, tmp_path, capsys, monkeypatch):
    def stop(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "compare", stop)
    assert run() == 130
    assert not (tmp_path / "out").exists()


def test_bad_data_end_the_command_with_the_reason(monkeypatch, small_frame, tmp_path, capsys):
    small_frame.assign(TARGET=1).to_parquet(tmp_path / "application_train.parquet")
    assert command.main(["--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "one_class" in capsys.readouterr().err
    assert command.main(["--data", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")]) == 1
    assert not (tmp_path / "out").exists()


def test_loading_draws_as_many_as_asked(small_frame, tmp_path):
    small_frame.to_parquet(tmp_path / "application_train.parquet")
    drawn = load("home_credit", tmp_path, rows=700)
    assert len(drawn.data.is_default) == 700
    assert drawn.views["raw"].matrix.shape[0] == 700
