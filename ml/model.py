"""The model in service: built from proved bytes, immutable, safe to share between threads."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.calibrate import Calibration
from ml.contract import Contract, Table, load_contract
from ml.contributions import Contributions, contributions
from ml.errors import BundleError, ContractError, Problem
from ml.features import Specification, build_matrix, columns_from_frame
from ml.features.one_file import FilePlan
from ml.scorecard import Scaling
from ml.stability import Population
from ml.validation import unseen_categories

# Format 2 has histories; a bundle of format 1 is one without.
FORMAT_VERSION = 2
READABLE = (1, 2)
CARD_PAGES = {"en": "model_card.html", "fr": "model_card.fr.html"}
Matrix = NDArray[np.float32]

if TYPE_CHECKING:
    from ml.features.tables import Source, TableMatrix


@dataclass(frozen=True)
class Prediction:
    """Raw margins (log-odds before calibration) and calibrated probabilities, float64 of shape (n,)."""

    raw_margin: NDArray[np.float64]
    probability_of_default: NDArray[np.float64]


@dataclass(frozen=True)
class ScoringModel:
    """One version of the model and everything it needs to score, explain and watch.

    ``contract`` has today's words but the categories and sentinels of the training, so that an old
    model still reads a value as it learnt it.
    """

    version: str
    checksum: str
    contract: Contract
    specification: Specification
    manifest: dict[str, Any]
    calibration: Calibration
    scaling: Scaling
    population: Population
    card: str
    card_pages: Mapping[str, str]
    booster: lgb.Booster
    reference_bytes: bytes
    evidence_bytes: bytes = b"{}"

    @property
    def cutoff(self) -> float:
        """The probability of default over which the model recommends to decline."""
        return float(self.manifest["cutoff"]["value"])

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Feature names in the order of the matrix."""
        return self.specification.names

    def features(self, file: Mapping[str, Any]) -> Matrix:
        """The matrix, shape (1, features), of one credit file; raises ContractError for a forbidden value."""
        return self._plan.matrix(file)

    def features_of(self, file: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Matrix:
        """The matrix, shape (n, features), of a credit file with each of ``rows`` as its application row."""
        columns = {name: [row.get(name) for row in rows] for name in self.specification.columns}
        aggregates = np.tile(self._plan.aggregates(file), (len(rows), 1))
        named = dict(zip(self._plan.names, aggregates.T, strict=True))
        return build_matrix(self.specification, self.contract, columns, named)

    def matrix(self, frame: pd.DataFrame) -> Matrix:
        """The matrix, shape (n, features), of a frame of raw application rows without child rows."""
        return build_matrix(self.specification, self.contract, columns_from_frame(self.contract, frame))

    def matrix_of(self, tables: Mapping[str, Source]) -> TableMatrix:
        """Identifiers and matrix of a portfolio: the application table and its child tables, by name."""
        from ml.features.tables import matrix_from_tables

        return matrix_from_tables(self.specification, self.contract, tables)

    def matrix_with(self, frame: pd.DataFrame, children: Mapping[str, Path]) -> Matrix:
        """The matrix, shape (n, features), of a frame of raw application rows and the files of their child tables."""
        from ml.features.tables import matrix_of_columns, scan_table

        ids = frame[self.contract.id_column].to_numpy(dtype=np.int64)
        frames = {name: scan_table(self.contract, path, name) for name, path in children.items()}
        columns = columns_from_frame(self.contract, frame)
        return matrix_of_columns(self.specification, self.contract, ids, columns, frames)

    def predict(self, matrix: Matrix) -> Prediction:
        """Score each row of a float32 matrix of shape (n, features)."""
        self._check(matrix)
        if not len(matrix):
            return Prediction(np.empty(0), np.empty(0))
        margin = np.asarray(self.booster.predict(matrix, raw_score=True, num_threads=1), dtype=np.float64)
        return Prediction(margin, self.calibration.probability(margin))

    def contributions(self, matrix: Matrix) -> Contributions:
        """What each feature added to each row's raw margin; they sum to it, not to the probability."""
        self._check(matrix)
        return contributions(self.booster, matrix)

    def out_of_range(self, matrix: Matrix) -> int:
        """How many of the application's features lie outside what the training rows held, in the first row.

        Aggregates do not count: of hundreds of extremes some are always new.
        """
        self._check(matrix)
        row, (low, high) = matrix[0].astype(np.float64), self._limits
        return int(np.sum(((row < low) | (row > high)) & self.of_application))

    def missing_share(self, matrix: Matrix) -> float:
        """The share (0 to 1) of the application's features that are missing in the first row."""
        self._check(matrix)
        return float(np.isnan(matrix[0])[self.of_application].mean())

    def lacks_history(self, file: Mapping[str, Any]) -> bool:
        """Whether the model reads histories and the file has none at all."""
        tables = [history.table for history in self.specification.histories]
        return bool(tables) and not any(file.get(name) for name in tables)

    def unseen(self, file: Mapping[str, Any]) -> list[Problem]:
        """The categories of a file that the model does not know and counts as missing."""
        used = {self.contract.root_table: set(self.specification.columns)}
        used |= {history.table: set(history.columns) for history in self.specification.histories}
        found = unseen_categories(self.contract, file)
        return [problem for problem in found if _is_used(problem.pointer.split("/"), used)]

    @cached_property
    def reference(self) -> pd.DataFrame:
        """A sample of raw training rows with ``probability_of_default``, for drift reports."""
        return pd.read_parquet(io.BytesIO(self.reference_bytes))

    @cached_property
    def reference_matrix(self) -> Matrix:
        """The reference as the model reads it, shape (n, features), without the histories, which no bundle keeps."""
        return self.matrix(self.reference)

    @cached_property
    def importance(self) -> Mapping[str, float]:
        """Mean absolute contribution of each feature over training rows; none in bundles of the first format."""
        return self._influence("features")

    @cached_property
    def reason_importance(self) -> Mapping[str, float]:
        """As :attr:`importance`, of the features behind each reason code together."""
        return self._influence("reasons")

    @cached_property
    def of_application(self) -> NDArray[np.bool_]:
        """Which features come from the application's own row alone, bool of shape (features,)."""
        leaning = {feature.name for feature in self.specification.features if feature.op == "aggregate"}
        for feature in self.specification.features:
            if leaning & set(feature.inputs) and feature.op != "column":
                leaning.add(feature.name)
        return np.array([name not in leaning for name in self.feature_names])

    def _influence(self, kind: str) -> dict[str, float]:
        rows = json.loads(self.evidence_bytes).get("influence", {}).get(kind, [])
        return {row["name"]: float(row["mean_absolute"]) for row in rows}

    @cached_property
    def _plan(self) -> FilePlan:
        return FilePlan(self.specification, self.contract)

    @cached_property
    def _limits(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        quantiles = [bins.quantiles or (-np.inf, np.inf) for bins in self.population.features]
        return np.array([q[0] for q in quantiles]), np.array([q[-1] for q in quantiles])

    def _check(self, matrix: Matrix) -> None:
        width = len(self.specification.features)
        if matrix.dtype != np.float32 or matrix.ndim != 2 or matrix.shape[1] != width:
            message = f"The model takes float32 of shape (n, {width}), got {matrix.dtype} {matrix.shape}."
            raise ContractError(message, code="matrix_wrong")


def _is_used(pointer: list[str], used: Mapping[str, set[str]]) -> bool:
    """Of a pointer such as ``/application/X`` or ``/bureau/3/X``, split."""
    return pointer[-1] in used.get(pointer[1], set())


def model_from_files(files: Mapping[str, bytes], checksum: str) -> ScoringModel:
    """Build the model from the proved bytes of a bundle's files.

    Raises BundleError ``bundle_format_unknown``, ``bundle_manifest_wrong`` or ``bundle_contract_mismatch``.
    """
    manifest = _manifest(files["manifest.json"])
    try:
        return _build(manifest, files, checksum)
    except (KeyError, TypeError, ValueError, lgb.basic.LightGBMError) as error:
        raise BundleError("bundle_manifest_wrong", f"The bundle does not fit together: {error!r}.") from error


def _build(manifest: dict[str, Any], files: Mapping[str, bytes], checksum: str) -> ScoringModel:
    specification = Specification.from_dict(manifest)
    booster = lgb.Booster(model_str=files["model.txt"].decode("utf-8"))
    population = Population.from_dict(json.loads(files["population.json"]))
    if not booster.num_feature() == len(specification.features) == len(population.features):
        raise ValueError("model, manifest and population differ in their number of features")
    return ScoringModel(
        version=manifest["version"],
        checksum=checksum,
        contract=_frozen_contract(manifest),
        specification=specification,
        manifest=manifest,
        calibration=Calibration(**manifest["calibration"]["parameters"]),
        scaling=Scaling.from_dict(manifest["scaling"]),
        population=population,
        card=files["model_card.md"].decode("utf-8"),
        card_pages={language: files[name].decode("utf-8") for language, name in CARD_PAGES.items() if name in files},
        booster=booster,
        reference_bytes=files["reference.parquet"],
        evidence_bytes=files.get("evidence.json", b"{}"),
    )


def _manifest(content: bytes) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(content)
        format_version = manifest["format_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError("bundle_manifest_wrong", f"The manifest cannot be read: {error!r}.") from error
    if format_version not in READABLE:
        message = f"The bundle has format {format_version!r}; this program reads {READABLE}."
        raise BundleError("bundle_format_unknown", message)
    return manifest


def _frozen_contract(manifest: Mapping[str, Any]) -> Contract:
    try:
        contract = load_contract(manifest["product"])
        inputs = {contract.root_table: manifest["inputs"], **manifest.get("history_inputs", {})}
        tables = {name: _frozen_table(contract, name, columns) for name, columns in inputs.items()}
    except ContractError as error:
        raise BundleError("bundle_contract_mismatch", error.message) from error
    return replace(contract, tables={**contract.tables, **tables})


def _frozen_table(contract: Contract, name: str, inputs: Mapping[str, Any]) -> Table:
    table = contract.tables.get(name)
    lacking = sorted(set(inputs) - set(table.by_name if table else ()))
    if table is None or lacking:
        message = f"The model needs columns the contract no longer has: {', '.join(lacking)}."
        raise BundleError("bundle_contract_mismatch", message)
    frozen = {column: _thaw(coding) for column, coding in inputs.items()}
    columns = tuple(replace(column, **frozen.get(column.name, {})) for column in table.columns)
    return replace(table, columns=columns)


def _thaw(coding: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in coding.items()}
