"""A search that is kept: a journal of JSON lines per product, bound to the data and code it was made with.

Optuna's journal file holds JSON only; nothing in it is ever unpickled. (Snapshots, which are pickles, belong to
the Redis backend, which is not used.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import TrialState

from ml.errors import TrainingError
from ml.strategies.learning import Floats, Inputs
from ml.train import FIXED
from ml.training_config import TrainingConfig

HERE = Path(__file__).parent
# What decides the value of a trial; features count through the matrix that they make.
CODE = ("tuning.py", "calibrate.py", "folds.py", "metrics.py", "strategies/boosted.py")
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


@dataclass(frozen=True)
class Fingerprint:
    """What a study was made with; another one makes its figures worthless here."""

    data: str
    configuration: str
    code: str


def fingerprint(inputs: Inputs, is_default: Floats, config: TrainingConfig, folds: int) -> Fingerprint:
    """The fingerprint of a search on these rows, in ``folds`` folds, from this configuration."""
    data = hashlib.sha256("\0".join(inputs.specification.names).encode())
    data.update(np.ascontiguousarray(inputs.matrix).tobytes() + is_default.tobytes())
    settings = json.dumps([folds, FIXED, config.seed, config.rounds, config.lightgbm], sort_keys=True, default=str)
    code = hashlib.sha256(version("lightgbm").encode() + version("optuna").encode())
    for name in CODE:
        code.update((HERE / name).read_bytes())
    return Fingerprint(data.hexdigest(), hashlib.sha256(settings.encode()).hexdigest(), code.hexdigest())


def open_study(path: Path, name: str, made_with: Fingerprint) -> optuna.Study:
    """The study ``name`` of the journal at ``path``, with all its trials; a new one where there is none.

    Raises TrainingError ``study_unreadable``, and ``study_stale`` when it was made with something else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(storage=_storage(path), study_name=name, load_if_exists=True)
    if "fingerprint" not in study.user_attrs and not study.trials:
        study.set_user_attr("fingerprint", asdict(made_with))
    _check_fresh(study, path, made_with)
    return study


def find_study(path: Path, name: str, made_with: Fingerprint) -> optuna.Study | None:
    """The study ``name`` if the journal has it with a completed trial; raises as :func:`open_study`."""
    if not path.exists():
        return None
    storage = _storage(path)
    if name not in {summary.study_name for summary in optuna.get_all_study_summaries(storage)}:
        return None
    study = optuna.load_study(study_name=name, storage=storage)
    _check_fresh(study, path, made_with)
    return study if any(trial.state == TrialState.COMPLETE for trial in study.trials) else None


def finished(study: optuna.Study) -> int:
    """Trials that came to an end, pruned ones included; an interrupted one does not count."""
    return sum(trial.state in FINISHED for trial in study.trials)


def _storage(path: Path) -> JournalStorage:
    _cut_torn_line(path)
    # A failed trial is raised, and an interrupted one reported, by whoever searches.
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        return JournalStorage(JournalFileBackend(str(path), JournalFileOpenLock(str(path))))
    except (ValueError, KeyError, TypeError) as error:
        message = f"{path} cannot be read as a journal of trials ({error}). Move it away to search anew."
        raise TrainingError("study_unreadable", message) from error


def _cut_torn_line(path: Path) -> None:
    """A machine that stops while a line is written leaves half of it; whatever came before is whole."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("r+b") as journal:
            journal.truncate(whole)


def _check_fresh(study: optuna.Study, path: Path, made_with: Fingerprint) -> None:
    kept: Mapping[str, str] = study.user_attrs.get("fingerprint", {})
    differing = [part for part, digest in asdict(made_with).items() if kept.get(part) != digest]
    if differing:
        message = (
            f"The study {study.study_name} of {path} was made with other {' and '.join(differing)}: its trials "
            "say nothing here. Move the file away to search anew."
        )
        raise TrainingError("study_stale", message, {"differing": differing})
