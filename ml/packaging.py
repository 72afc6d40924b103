"""Turns a training outcome into the files of a bundle."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ml.bundle import write_bundle
from ml.card import card_files
from ml.contract import Contract, Table
from ml.model import FORMAT_VERSION
from ml.scorecard import Scaling
from ml.stability import freeze_population
from ml.train import TrainingOutcome

LIBRARIES = ("lightgbm", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy")
ROOT = Path(__file__).parent.parent


def save_bundle(
    outcome: TrainingOutcome, contract: Contract, folder: Path, key: Ed25519PrivateKey, *, now: datetime | None = None
) -> Path:
    """Write the signed bundle of ``outcome`` into ``folder`` and return its path.

    The version is product, time (UTC) and the start of the training data's digest.
    Raises BundleError as :func:`ml.bundle.write_bundle`.
    """
    created = (now or datetime.now(UTC)).astimezone(UTC)
    digest = outcome.data.sha256
    name = f"{contract.product}-{created:%Y%m%dT%H%M%SZ}-{digest[:8]}"
    return write_bundle(folder / name, bundle_parts(outcome, contract, name, created), key)


def bundle_parts(outcome: TrainingOutcome, contract: Contract, name: str, created: datetime) -> dict[str, bytes]:
    """The content of each file of the bundle called ``name``."""
    manifest = _manifest(outcome, contract, name, created)
    population = freeze_population(outcome.specification, outcome.data.matrix, outcome.out_of_fold)
    return {
        "manifest.json": _json(manifest),
        "model.txt": outcome.booster.model_to_string(num_iteration=-1).encode(),
        "population.json": _json(population.as_dict()),
        "reference.parquet": _reference(outcome, contract),
        **card_files(outcome, contract, manifest),
    }


def _manifest(outcome: TrainingOutcome, contract: Contract, name: str, created: datetime) -> dict[str, Any]:
    data, config = outcome.data, outcome.config
    return {
        "format_version": FORMAT_VERSION,
        "product": contract.product,
        "version": name,
        "created_at": created.isoformat(timespec="seconds"),
        **data.specification.as_dict(),
        "contract": {"version": contract.version, "sha256": contract.sha256},
        "dropped_features": list(data.dropped),
        "inputs": _inputs(contract.application, outcome.specification.columns),
        "history_inputs": {
            history.table: _inputs(contract.tables[history.table], history.columns)
            for history in outcome.specification.histories
        },
        "calibration": {"method": "beta", "parameters": asdict(outcome.calibration)},
        "cutoff": {"value": outcome.cutoff, "method": "break_even", "costs": outcome.costs.as_dict()},
        "scaling": Scaling().as_dict(),
        "training": _training(outcome, contract),
        "seed": config.seed,
        "parameters": {name: value for name, value in asdict(config).items() if name != "seed"},
        "metrics": [asdict(evaluation) for evaluation in outcome.evaluations],
        "calibration_deciles": [{**asdict(decile), "agrees": decile.agrees} for decile in outcome.deciles],
        "code_version": code_version(),
        "libraries": {library: library_version(library) for library in LIBRARIES},
    }


def _training(outcome: TrainingOutcome, contract: Contract) -> dict[str, Any]:
    data = outcome.data
    return {
        "rows": len(data.frame),
        "default_rate": float(data.is_default.mean()),
        "data_sha256": data.sha256,
        "tables": [contract.root_table, *(child.name for child in data.children)],
        "children": {
            child.name: {"rows": child.rows, "orphans": child.orphans, "sha256": child.sha256}
            for child in data.children
        },
        "seconds": round(outcome.seconds, 1),
    }


def _inputs(table: Table, names: Sequence[str]) -> dict[str, Any]:
    """How each raw column was read, frozen: categories and sentinels keep their meaning for this model."""
    columns = [table.column(name) for name in names if name in table.by_name]
    frozen = ("dtype", "unit", "minimum", "maximum", "categories", "sentinels", "unseen_allowed")
    return {column.name: {key: getattr(column, key) for key in frozen} for column in columns}


def _reference(outcome: TrainingOutcome, contract: Contract) -> bytes:
    # Without the identifiers: drift needs the values, nobody needs to know whose they are.
    frame = outcome.data.frame.drop(columns=contract.id_column)
    frame = frame.assign(probability_of_default=outcome.out_of_fold)
    size = min(outcome.config.reference_rows, len(frame))
    sample = frame.sample(size, random_state=outcome.config.seed).sort_index().reset_index(drop=True)
    buffer = io.BytesIO()
    sample.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1).encode()


def code_version() -> str:
    """The git commit of the running code, with ``-modified`` when it was changed; else the project's version."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        commit = _git(git, "rev-parse", "HEAD")
        if commit:
            return commit + ("-modified" if _git(git, "status", "--porcelain", "--", "ml") else "")
    project = ROOT / "pyproject.toml"
    return str(tomllib.loads(project.read_text())["project"]["version"]) if project.is_file() else "unknown"


def _git(git: str, *arguments: str) -> str:
    command = [git, "-C", str(ROOT), *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed arguments
    return answer.stdout.strip() if answer.returncode == 0 else ""
