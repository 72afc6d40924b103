"""The one way from raw columns to the model's matrix: training, batch, one applicant and replay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.contract_types import Contract
from ml.errors import ContractError
from ml.features.columns import Columns, encode
from ml.features.expressions import OPERATORS, Values
from ml.features.specification import Specification


def build_matrix(specification: Specification, contract: Contract, columns: Columns) -> NDArray[np.float32]:
    """Build the model's matrix from raw columns.

    Parameters: ``columns`` maps column names to n raw values (None or NaN = missing; categories as
    text), as :func:`columns_from_file` and :func:`columns_from_frame` give them; a column that is
    not there is missing in every row.

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
    rows = _row_count(columns)
    known = _encoded(specification, contract, columns, rows)
    matrix = np.empty((rows, len(specification.features)), dtype=np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        for place, feature in enumerate(specification.features):
            if feature.op != "column":
                inputs = [known[name] for name in feature.inputs]
                known[feature.name] = OPERATORS[feature.op](inputs, feature.weights)
            matrix[:, place] = known[feature.name]
    matrix[np.isinf(matrix)] = np.nan
    return matrix


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
