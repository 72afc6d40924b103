"""The features of many applicants, one at a time; `python -m benchmarks.one_applicant` needs no database."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.timing import show_each
from ml.contract import load_contract
from ml.features import load_specification
from ml.features.one_file import FilePlan
from ml.raw_tables import applicants_of, read_applicants
from ml.synthetic import generate

PRODUCT = "home_credit"
APPLICANTS, SEED = 1000, 0
DATA = Path(os.environ.get("GENUINE_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def measure() -> None:
    """Every feature of the product from JSON rows, conversion included: genuine histories, else drawn ones."""
    files = list(_files())
    plan = FilePlan(load_specification(PRODUCT), load_contract(PRODUCT))
    rows = sorted(child_rows(file) for file in files)
    kind = "genuine" if _genuine().is_dir() else "drawn"
    print(f"{kind} histories: {rows[len(rows) // 2]} child rows at the median, {rows[int(0.99 * len(rows))]} at p99")
    show_each(f"{len(plan.specification.features)} features of one applicant", plan.matrix, files)


def child_rows(file: dict[str, Any]) -> int:
    return sum(len(table) for table in file.values() if isinstance(table, list))


def _genuine() -> Path:
    return DATA / PRODUCT / "relational"


def _files() -> Iterator[dict[str, Any]]:
    contract = load_contract(PRODUCT)
    genuine = read_applicants(contract, _genuine(), limit=APPLICANTS) if _genuine().is_dir() else None
    for applicant in genuine or applicants_of(contract, generate(APPLICANTS, SEED)):
        # As the interface gives them: out of JSON.
        yield json.loads(json.dumps(applicant.file))


if __name__ == "__main__":
    measure()
