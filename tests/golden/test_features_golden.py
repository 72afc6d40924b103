"""Frozen applicants and their frozen features: the same rows give the same bits on every path, for ever.

The applicants are made by hand. When a feature is changed on purpose, ``version`` in ``features.toml``
rises and the new file is written with ``python -m tests.golden.test_features_golden``.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ml.contract import load_contract
from ml.features import build_matrix, columns_from_frame, load_specification
from ml.features.one_file import matrix_from_file

GOLDEN = Path(__file__).with_name("features.json")

USUAL: dict[str, Any] = {
    "NAME_CONTRACT_TYPE": "Cash loans",
    "FLAG_OWN_CAR": "Y",
    "FLAG_OWN_REALTY": "N",
    "AMT_INCOME_TOTAL": 135000.0,
    "AMT_CREDIT": 312682.5,
    "AMT_ANNUITY": 29686.5,
    "AMT_GOODS_PRICE": 297000.0,
    "NAME_INCOME_TYPE": "Working",
    "NAME_EDUCATION_TYPE": "Higher education",
    "NAME_HOUSING_TYPE": "Rented apartment",
    "DAYS_BIRTH": -12345,
    "DAYS_EMPLOYED": -777,
    "DAYS_REGISTRATION": -4321,
    "DAYS_ID_PUBLISH": -999,
    "DAYS_LAST_PHONE_CHANGE": -31,
    "OWN_CAR_AGE": 7,
    "OCCUPATION_TYPE": "Drivers",
    "ORGANIZATION_TYPE": "School",
    "EXT_SOURCE_1": 0.1234567890123,
    "EXT_SOURCE_2": 0.654321,
    "EXT_SOURCE_3": 0.3333333333333333,
    "APARTMENTS_AVG": 0.1,
    "LIVINGAREA_AVG": 0.2,
    "FLOORSMAX_AVG": 0.3,
    "OBS_30_CNT_SOCIAL_CIRCLE": 3,
    "DEF_30_CNT_SOCIAL_CIRCLE": 1,
    "DEF_60_CNT_SOCIAL_CIRCLE": 1,
    "FLAG_DOCUMENT_3": 1,
    "FLAG_DOCUMENT_8": 1,
    "AMT_REQ_CREDIT_BUREAU_DAY": 1,
    "AMT_REQ_CREDIT_BUREAU_YEAR": 4,
}
APPLICANTS: list[dict[str, Any]] = [
    USUAL,
    {**USUAL, "DAYS_EMPLOYED": 365243, "ORGANIZATION_TYPE": "XNA", "OCCUPATION_TYPE": None, "EXT_SOURCE_1": None},
    {**USUAL, "EXT_SOURCE_1": None, "EXT_SOURCE_2": None, "EXT_SOURCE_3": None, "AMT_GOODS_PRICE": None},
    {**USUAL, "DAYS_EMPLOYED": 0, "DAYS_LAST_PHONE_CHANGE": 0, "OBS_30_CNT_SOCIAL_CIRCLE": 0},
    {**USUAL, "ORGANIZATION_TYPE": "Space agency", "AMT_CREDIT": 4027680.0, "AMT_INCOME_TOTAL": 25650.0},
    {**USUAL, "APARTMENTS_AVG": None, "LIVINGAREA_AVG": None, "FLOORSMAX_AVG": None, "FLAG_DOCUMENT_3": None},
    {"AMT_CREDIT": 100000.0},
]


def one_by_one() -> np.ndarray:
    specification, contract = load_specification(), load_contract()
    return np.vstack([matrix_from_file(specification, contract, {"application": row}) for row in APPLICANTS])


def in_one_frame() -> np.ndarray:
    contract = load_contract()
    frame = pd.DataFrame(APPLICANTS)
    return build_matrix(load_specification(), contract, columns_from_frame(contract, frame))


def as_hex(matrix: np.ndarray) -> list[list[str]]:
    return [[value.tobytes().hex() for value in row.astype("<f4")] for row in matrix]


def test_same_rows_same_bits_on_both_paths():
    assert one_by_one().tobytes() == in_one_frame().tobytes()


def test_many_rows_have_the_bits_of_one():
    contract, specification = load_contract(), load_specification()
    frame = pd.DataFrame(APPLICANTS * 500)
    whole = build_matrix(specification, contract, columns_from_frame(contract, frame))
    assert whole.tobytes() == np.vstack([one_by_one()] * 500).tobytes()


def test_bits_are_those_on_record():
    recorded = json.loads(GOLDEN.read_text())
    specification = load_specification()
    assert recorded["version"] == specification.version
    assert recorded["features"] == list(specification.names)
    for number, (now, then) in enumerate(zip(as_hex(one_by_one()), recorded["rows"], strict=True)):
        changed = [name for name, a, b in zip(specification.names, now, then, strict=True) if a != b]
        assert not changed, f"applicant {number}: {changed}"


if __name__ == "__main__":
    specification = load_specification()
    content = {"version": specification.version, "features": specification.names, "rows": as_hex(one_by_one())}
    GOLDEN.write_text(json.dumps(content, indent=1) + "\n")
