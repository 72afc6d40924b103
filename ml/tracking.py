"""Keeps each training run in a local MLflow store, where MLflow is installed; never a reason to fail a training.

The store is a SQLite file beside a folder of artifacts: MLflow 3.17 refuses its file store ("maintenance
mode"). Nothing is sent anywhere; the registry that serves is the portal's own.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ml.bundle import PARTS
from ml.card.html_page import figures_of
from ml.packaging import code_version
from ml.progress import Progress, silent
from ml.train import TrainingOutcome
from ml.training_config import TrainingConfig

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

# Its usage statistics must never leave a lender's network; read when MLflow is first imported.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")

DATABASE, ARTIFACTS = "mlflow.db", "artifacts"
FINISHED, FAILED = "FINISHED", "FAILED"
LONGEST_VALUE, LONGEST_MESSAGE = 500, 500
UNTRACKED = "this run is untracked"


@dataclass
class TrackedRun:
    """One run on its way: what is known when, kept where there is a store, ignored where there is none."""

    store: _Store | None
    run_id: str
    report: Progress

    def log(
        self,
        *,
        parameters: Mapping[str, Any] | None = None,
        metrics: Mapping[str, float] | None = None,
        artifacts: Mapping[str, bytes] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Keep parameters, metrics (finite numbers), artifacts by path and content, and tags."""
        with self._guarded("logged"):
            if self.store:
                self.store.log(self.run_id, parameters or {}, metrics or {}, artifacts or {}, tags or {})

    def end(self, status: str) -> None:
        """Close the run as ``FINISHED`` or ``FAILED``."""
        with self._guarded("closed"):
            if self.store:
                self.store.client.set_terminated(self.run_id, status)

    @contextmanager
    def _guarded(self, deed: str) -> Iterator[None]:
        try:
            with _quiet():
                yield
        except Exception as error:  # whatever a tracker does, a training goes on
            self.report(f"the run could not be {deed} in MLflow ({_short(error)}): {UNTRACKED}")
            self.store = None


@contextmanager
def tracked_run(
    folder: Path, *, experiment: str, run_name: str, report: Progress = silent, tags: Mapping[str, str] | None = None
) -> Iterator[TrackedRun]:
    """A run of ``experiment`` in the store under ``folder``: failed when the block raises, else finished.

    Parameters: ``folder`` is made when needed; ``report`` is told where the run is kept, or that it is not
    (no MLflow, a store that cannot be written). Raises only what the block raises.
    """
    run = TrackedRun(None, "", report)
    try:
        with _quiet():
            run.store = _Store.open(folder)
            run.run_id = run.store.start(experiment, run_name, tags or {})
        report(f"tracked in {folder}, experiment {experiment}")
    except ImportError:
        report(f"MLflow is not installed: {UNTRACKED}")
        run.store = None
    except Exception as error:
        report(f"MLflow cannot be used ({_short(error)}): {UNTRACKED}")
        run.store = None
    try:
        yield run
    except BaseException as error:
        run.log(tags={"error": _short(error)})
        run.end(FAILED)
        raise
    run.end(FINISHED)


def track(
    folder: Path,
    *,
    experiment: str,
    run_name: str,
    parameters: Mapping[str, Any],
    metrics: Mapping[str, float],
    artifacts: Mapping[str, bytes],
    tags: Mapping[str, str],
    report: Progress = silent,
) -> None:
    """Keep what is already done as one finished run; for anything that is no training, such as a comparison."""
    with tracked_run(folder, experiment=experiment, run_name=run_name, report=report, tags=tags) as run:
        run.log(parameters=parameters, metrics=metrics, artifacts=artifacts)


def log_configuration(run: TrackedRun, config: TrainingConfig) -> None:
    """Keep how a training was asked for and by which code, before it starts."""
    values = asdict(config)
    lightgbm = {f"lightgbm.{name}": value for name, value in values.pop("lightgbm").items()}
    run.log(parameters={**values, **lightgbm}, tags={"code_version": code_version()})


def log_outcome(run: TrackedRun, outcome: TrainingOutcome, bundle: Path) -> None:
    """Keep the figures of all strategies, the data's digest, the bundle and its figures."""
    data = outcome.data
    parameters = {
        "rows": len(data.frame),
        "features": len(outcome.specification.features),
        "tables": ", ".join(child.name for child in data.children) or "application only",
        "cutoff": outcome.cutoff,
    }
    contents = {f"bundle/{name}": (bundle / name).read_bytes() for name in (*PARTS, "SHA256SUMS", "SHA256SUMS.sig")}
    page = contents["bundle/model_card.html"]
    figures = {f"figures/{name}.svg": svg.encode() for name, svg in figures_of(page.decode()).items()}
    run.log(
        parameters=parameters,
        metrics=_metrics(outcome) | _intervals(contents["bundle/evidence.json"]),
        artifacts={**contents, **figures, "model_card.html": page},
        tags={"data_sha256": data.sha256, "bundle": bundle.name},
    )


def _metrics(outcome: TrainingOutcome) -> dict[str, float]:
    """The figures of each strategy; the model's own without a prefix."""
    found: dict[str, float] = {"default_rate": float(outcome.data.is_default.mean()), "seconds": outcome.seconds}
    for place, evaluation in enumerate(outcome.evaluations):
        prefix = f"{evaluation.name}." if place else ""
        values = asdict(evaluation)
        auc = values.pop("auc")
        found |= {f"{prefix}auc": auc["value"], f"{prefix}auc_lower": auc["lower"], f"{prefix}auc_upper": auc["upper"]}
        folds = values.pop("fold_auc")
        found |= {f"{prefix}auc_fold_{number}": value for number, value in enumerate(folds, start=1)}
        found |= {f"{prefix}{name}": value for name, value in values.items() if isinstance(value, float)}
    return found


def _intervals(evidence: bytes) -> dict[str, float]:
    """The model's figures with the ends of their intervals."""
    figures: dict[str, dict[str, float]] = json.loads(evidence)["figures"]
    names = {"value": "", "lower": "_lower", "upper": "_upper"}
    return {f"{name}{names[end]}": number for name, found in figures.items() for end, number in found.items()}


@dataclass(frozen=True)
class _Store:
    """The local store through MLflow's client."""

    client: MlflowClient
    artifacts: str

    @classmethod
    def open(cls, folder: Path) -> _Store:
        from mlflow.tracking import MlflowClient

        folder = folder.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        uri = f"sqlite:///{folder / DATABASE}"
        return cls(MlflowClient(tracking_uri=uri, registry_uri=uri), (folder / ARTIFACTS).as_uri())

    def start(self, experiment: str, run_name: str, tags: Mapping[str, str]) -> str:
        found = self.client.get_experiment_by_name(experiment)
        if found is None:
            key = self.client.create_experiment(experiment, artifact_location=f"{self.artifacts}/{experiment}")
        else:
            key = found.experiment_id
        return str(self.client.create_run(key, run_name=run_name, tags=dict(tags)).info.run_id)

    def log(
        self,
        run_id: str,
        parameters: Mapping[str, Any],
        metrics: Mapping[str, float],
        artifacts: Mapping[str, bytes],
        tags: Mapping[str, str],
    ) -> None:
        for name, value in parameters.items():
            self.client.log_param(run_id, name, str(value)[:LONGEST_VALUE])
        for name, number in metrics.items():
            self.client.log_metric(run_id, name, number)
        for name, text in tags.items():
            self.client.set_tag(run_id, name, text)
        if artifacts:
            with TemporaryDirectory() as place:
                _write(Path(place), artifacts)
                self.client.log_artifacts(run_id, place)


def _write(folder: Path, contents: Mapping[str, bytes]) -> None:
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without MLflow's and SQLAlchemy's warnings to their own developers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:LONGEST_MESSAGE]
