"""The one way from raw columns to the model's matrix: training, batch, one applicant and replay."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ml.contract_types import Contract
from ml.errors import ContractError
from ml.features.columns import Columns, encode
from ml.features.expressions import FEATURE_OPERATORS, Values
from ml.features.specification import Specification

STRIP = 8192


def build_matrix(
    specification: Specification,
    contract: Contract,
    columns: Columns,
    aggregates: Mapping[str, Values] | None = None,
) -> NDArray[np.float32]:
    """Build the model's matrix from raw columns and the aggregates of the histories.

    Parameters: ``columns`` maps column names to n raw values (None or NaN = missing; categories as
    text), as :func:`columns_from_frame` gives them; a column that is
    not there is missing in every row. ``aggregates`` maps every aggregate feature to n float64 values;
    without them nobody has child rows.

    Returns: float32 array of shape (n, number of features), missing NaN, in the specification's order.

    Raises ContractError: columns of different lengths, none at all, or a value the contract forbids.

    >>> from ml.contract import load_contract
    >>> from ml.features import load_specification
    >>> specification = load_specification()
    >>> row = {"AMT_CREDIT": [200000.0], "AMT_INCOME_TOTAL": [50000.0]}
    >>> matrix = build_matrix(specification, load_contract(), row)
    >>> float(matrix[0, specification.names.index("credit_to_income")])
    4.0
    """
    matrix = np.empty((_row_count(columns), len(specification.features)), dtype=np.float32)
    if aggregates is None:
        aggregates = without_rows(specification, len(matrix))
    fill_matrix(matrix, specification, contract, columns, aggregates)
    return matrix


def without_rows(specification: Specification, rows: int) -> dict[str, Values]:
    """Each aggregate of the features as of applicants without child rows, float64 of shape (rows,)."""
    return {name: np.full(rows, value) for name, value in specification.empty_values.items()}


def fill_matrix(
    matrix: NDArray[np.float32],
    specification: Specification,
    contract: Contract,
    columns: Columns,
    aggregates: Mapping[str, Values],
) -> None:
    """Fill the matrix of :func:`build_matrix` in place, but for aggregates that are not given: they are there already.

    Those that expressions lean on must be given.
    """
    known = _encoded(specification, contract, columns, len(matrix)) | dict(aggregates)
    with np.errstate(over="ignore", invalid="ignore"):
        for place, feature in enumerate(specification.features):
            if feature.op not in ("column", "aggregate"):
                inputs = [known[name] for name in feature.inputs]
                known[feature.name] = FEATURE_OPERATORS[feature.op](inputs, feature.weights)
            if feature.name in known:
                matrix[:, place] = known[feature.name]
    # In strips: a mask of the whole matrix would be a quarter of its size.
    for start in range(0, len(matrix), STRIP):
        strip = matrix[start : start + STRIP]
        strip[np.isinf(strip)] = np.nan
        # Engines differ in the sign of a zero sum; adding zero makes it positive.
        strip += np.float32(0.0)


def _row_count(columns: Columns) -> int:
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        raise ContractError(f"Columns of one length are needed, got {sorted(lengths)}.", code="columns_uneven")
    return lengths.pop()


def _encoded(specification: Specification, contract: Contract, columns: Columns, rows: int) -> dict[str, Values]:
    table = contract.application
    return {
        name: encode(table.column(name), columns[name]) if name in columns else np.full(rows, np.nan)
        for name in specification.columns
    }
