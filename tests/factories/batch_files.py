"""Files of batches for tests: fictional applicants as CSV, CSV.gz and Parquet."""

import gzip
import io
from typing import Any

import pandas as pd

from ml.synthetic import generate_applications


def frame(rows: int = 30, seed: int = 3) -> pd.DataFrame:
    return generate_applications(rows, seed).drop(columns="TARGET")


def as_csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False).encode()


def as_gzip(table: pd.DataFrame) -> bytes:
    return gzip.compress(as_csv(table), mtime=0)


def as_parquet(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


WRITERS: dict[str, Any] = {"csv": as_csv, "csv.gz": as_gzip, "parquet": as_parquet}
