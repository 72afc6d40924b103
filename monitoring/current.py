"""The current applicants of a run as the matrix that the model reads, whatever they come from."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from common.errors import InvalidInput, PortalError
from ml.child_tables import find_children
from ml.errors import ContractError, Problem
from ml.model import ScoringModel
from ml.validation import read_table, validate_frame
from monitoring.models import CurrentTable, MonitoringRun
from scoring.models import ModelVersion, Score

Matrix = NDArray[np.float32]
# Of a larger window the newest: beyond this, figures no longer move and memory does.
MOST_ROWS = 100_000
CHUNK = 2_000


class TableUnreadable(PortalError):
    status = 500
    code = "table_unreadable"


def scores_between(version: ModelVersion, start: datetime, end: datetime) -> QuerySet[Score]:
    """One score per application, its newest, of those this model scored from ``start`` to before ``end``."""
    scores = Score.objects.filter(model_version=version, created_at__gte=start, created_at__lt=end)
    return scores.order_by("application_id", "-id").distinct("application_id")


def current_matrix(run: MonitoringRun, model: ScoringModel, tell: Callable[[float], None]) -> Matrix:
    """``tell`` hears the share done, 0 to 1."""
    return _stored(run.table, model) if run.table is not None else _scored(run, model, tell)


def matrix_of_file(model: ScoringModel, path: Path) -> Matrix:
    """A product's application table, held against the contract before anything is computed from it.

    Child tables are looked for beside it. A model that reads histories is not judged without any: every history
    would seem to have vanished.
    """
    contract = model.contract
    try:
        frame = read_table(contract, path, contract.root_table)
        problems = validate_frame(contract, contract.root_table, frame)
        if not problems:
            return _matrix(model, frame, path)
    except ContractError as error:
        raise InvalidInput(error.message, error.problems, code=error.code) from error
    raise InvalidInput(_not_kept(path, problems), problems)


def _matrix(model: ScoringModel, frame: pd.DataFrame, path: Path) -> Matrix:
    if not model.specification.histories:
        return model.matrix(frame)
    children = find_children(model.contract, path.parent)
    if not children:
        message = _("The model also reads histories: put the child tables beside %(file)s.") % {"file": path.name}
        raise InvalidInput(message, code="histories_missing")
    return model.matrix_with(frame, children)


def packed(model: ScoringModel, matrix: Matrix) -> bytes:
    stream = BytesIO()
    frame = pd.DataFrame(matrix, columns=list(model.feature_names))
    frame.to_parquet(stream, engine="pyarrow", compression="zstd", index=False)
    return stream.getvalue()


def _stored(table: CurrentTable, model: ScoringModel) -> Matrix:
    content = bytes(table.matrix_parquet)
    if hashlib.sha256(content).hexdigest() != table.sha256:
        raise TableUnreadable(_("The stored table does not match its hash."))
    frame = pd.read_parquet(BytesIO(content), engine="pyarrow")
    return np.ascontiguousarray(frame[list(model.feature_names)].to_numpy(dtype=np.float32))


def _scored(run: MonitoringRun, model: ScoringModel, tell: Callable[[float], None]) -> Matrix:
    assert run.period_from is not None  # noqa: S101  held by a database constraint
    assert run.period_to is not None  # noqa: S101
    scores = scores_between(run.model_version, run.period_from, run.period_to)
    newest = Score.objects.filter(pk__in=scores.values("pk")).order_by("-id")[:MOST_ROWS]
    names, rows = model.feature_names, min(newest.count(), MOST_ROWS)
    matrix = np.full((rows, len(names)), np.nan, dtype=np.float32)
    for place, features in enumerate(newest.values_list("features", flat=True).iterator(chunk_size=CHUNK)):
        matrix[place] = _row(names, features)
        if place % CHUNK == 0:
            tell(place / rows)
    return matrix


def _row(names: Any, features: dict[str, float | None]) -> list[float]:
    values = [features[name] for name in names]
    return [np.nan if value is None else value for value in values]


def _not_kept(path: Path, problems: list[Problem]) -> str:
    return _("%(file)s does not keep the product's data contract: %(count)s problem(s).") % {
        "file": path.name,
        "count": len(problems),
    }
