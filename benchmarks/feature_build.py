"""The features of a whole portfolio from its raw tables: `python -m benchmarks.feature_build --data FOLDER`.

Prints wall and processor seconds and the peak of memory; run it alone, with every core.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

import polars as pl

from ml.child_tables import find_children
from ml.contract import Contract, available_products, load_contract
from ml.features import load_specification
from ml.features.tables import Source, matrix_from_tables, scan_table
from ml.progress import progress_lines
from ml.raw_tables import find_table

# Of ru_maxrss: kilobytes, but bytes on a Mac.
RSS_UNITS = 2**30 if sys.platform == "darwin" else 2**20


def measure(product: str, data: Path, *, everyone: bool) -> None:
    """Build the matrix once and print what it took."""
    contract, specification = load_contract(product), load_specification(product)
    tables: dict[str, Source] = {**find_children(contract, data)}
    tables[contract.root_table] = _applications(contract, data, everyone=everyone)
    started = time.perf_counter()
    answer = matrix_from_tables(specification, contract, tables, progress=progress_lines())
    wall = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    rows, width = answer.values.shape
    print(f"{rows} applicants, {width} features, {len(tables)} tables, {pl.thread_pool_size()} threads")
    print(f"wall {wall:.1f} s, processor {used.ru_utime + used.ru_stime:.1f} s")
    print(f"peak memory {used.ru_maxrss / RSS_UNITS:.2f} GB, of it the matrix {answer.values.nbytes / 2**30:.2f} GB")


def _applications(contract: Contract, data: Path, *, everyone: bool) -> pl.LazyFrame:
    root = contract.root_table
    names = [f"{root}_train", root, *([f"{root}_test"] if everyone else [])]
    paths = [path for name in names if (path := find_table(data, name))]
    if not paths:
        raise SystemExit(f"No {root} table in {data}.")
    frames = [scan_table(contract, path, root) for path in paths]
    return pl.concat(frames, how="diagonal_relaxed")


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.feature_build", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the raw tables")
    parser.add_argument("--product", default="home_credit", choices=available_products())
    parser.add_argument("--train-only", action="store_true", help="leave the applicants without outcome out")
    options = parser.parse_args()
    measure(options.product, options.data, everyone=not options.train_only)


if __name__ == "__main__":
    main()
