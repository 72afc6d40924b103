import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ml import tracking
from ml.tracking import log_configuration, log_outcome, track, tracked_run

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """One store for the tests of this file: making its tables takes a second."""
    return tmp_path_factory.mktemp("store") / "mlflow"


def runs(store):
    opened = tracking._Store.open(store)
    experiments = opened.client.search_experiments()
    found = [run for each in experiments for run in opened.client.search_runs([each.experiment_id])]
    return opened.client, {run.info.run_name: run for run in found}


def content(client, run, path):
    return Path(client.download_artifacts(run.info.run_id, path)).read_bytes()


def test_a_training_is_kept_whole(store, outcome, bundle, config):
    said: list[str] = []
    with tracked_run(store, experiment="home_credit", run_name="whole", report=said.append) as run:
        log_configuration(run, config)
        log_outcome(run, outcome, bundle)
    client, found = runs(store)
    kept = found["whole"]
    assert kept.info.status == "FINISHED"
    assert kept.data.params["folds"] == "3"
    assert kept.data.params["lightgbm.min_data_in_leaf"] == "20"
    assert kept.data.params["rows"] == "600"
    assert kept.data.tags["data_sha256"] == outcome.data.sha256
    assert kept.data.tags["code_version"]
    auc = outcome.evaluations[0].auc
    figures = kept.data.metrics
    assert (figures["auc_lower"], figures["auc"], figures["auc_upper"]) == (auc.lower, auc.value, auc.upper)
    assert figures["ks_lower"] < figures["ks"] < figures["ks_upper"]
    assert figures["lightgbm_defaults.auc"] == outcome.evaluations[1].auc.value
    assert figures["auc_fold_3"] == outcome.evaluations[0].fold_auc[2]
    assert content(client, kept, "bundle/model.txt") == (bundle / "model.txt").read_bytes()
    assert content(client, kept, "figures/roc.svg").startswith(b"<?xml")
    assert "tracked in" in said[0]


def test_a_failed_training_is_kept_as_failed(store):
    def fails():
        with tracked_run(store, experiment="home_credit", run_name="failed") as run:
            run.log(parameters={"folds": 3})
            raise ValueError("no such luck")

    with pytest.raises(ValueError, match="no such luck"):
        fails()
    kept = runs(store)[1]["failed"]
    assert kept.info.status == "FAILED"
    assert kept.data.tags["error"] == "ValueError: no such luck"


def test_what_is_already_done_is_kept_at_once(store):
    track(
        store,
        experiment="comparison",
        run_name="done",
        parameters={"long": "x" * 900},
        metrics={"auc": 0.75},
        artifacts={"page/index.md": b"# Comparison"},
        tags={"data_sha256": "abc"},
    )
    client, found = runs(store)
    kept = found["done"]
    assert kept.data.metrics == {"auc": 0.75}
    assert len(kept.data.params["long"]) == tracking.LONGEST_VALUE
    assert content(client, kept, "page/index.md") == b"# Comparison"


def test_without_mlflow_a_training_goes_on_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow.tracking", None)
    said: list[str] = []
    with tracked_run(tmp_path / "store", experiment="x", run_name="y", report=said.append) as run:
        run.log(parameters={"a": 1})
    assert said == ["MLflow is not installed: this run is untracked"]


def test_a_store_that_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    said: list[str] = []
    with tracked_run(tmp_path / "file", experiment="x", run_name="y", report=said.append) as run:
        run.log(metrics={"auc": 0.5})
    assert len(said) == 1
    assert "this run is untracked" in said[0]


def test_a_store_that_breaks_on_the_way_stops_nothing(store, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    said: list[str] = []
    monkeypatch.setattr(tracking, "_write", full)
    with tracked_run(store, experiment="home_credit", run_name="full", report=said.append) as run:
        run.log(artifacts={"a": b"b"})
        run.log(metrics={"auc": 0.5})
    assert "No space left" in said[1]
    assert len(said) == 2


QUIET = """
import socket, sys, threading
asked = []
def refuse(*arguments, **_):
    asked.append(arguments)
    raise OSError("no network")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from pathlib import Path
from ml.tracking import track
track(Path(sys.argv[1]), experiment="x", run_name="y", parameters={}, metrics={"auc": 0.5}, artifacts={}, tags={})
for thread in threading.enumerate():
    if thread is not threading.current_thread():
        thread.join(timeout=5)
import json
print(json.dumps([repr(each) for each in asked]))
"""


def test_nothing_is_sent_anywhere(store):
    """In a process of its own: within pytest MLflow would keep quiet by itself."""
    hidden = ("PYTEST", "CI", "GITHUB", "DO_NOT_TRACK", "MLFLOW")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    command = [sys.executable, "-c", QUIET, str(store)]
    answer = subprocess.run(command, cwd=PROJECT, env=clean, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(answer.stdout) == []
    assert "y" in runs(store)[1]
