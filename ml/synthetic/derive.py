"""Derives the generator's parameters from a folder of genuine tables: ``python -m ml.synthetic.derive FOLDER``.

Only aggregates leave it: rates, quantiles, correlations and regression effects, each with at least
50 people behind it.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from ml.synthetic.derive_application import derive_application
from ml.synthetic.derive_children import derive_children
from ml.synthetic.parameters import FOLDER

# Factor on the effects so that plain LightGBM reaches the genuine AUC on drawn rows.
BOOST = 1.1


def main() -> None:
    """Read the folder named on the command line and write the parameter files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with application_train.parquet and relational/")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the parameter files")
    parser.add_argument("--boost", type=float, default=BOOST)
    options = parser.parse_args()
    frame = pd.read_parquet(options.data / "application_train.parquet")
    derive_into(options.out, frame, boost=options.boost, progress=print)
    write_json(options.out / "children.json", derive_children(options.data / "relational", progress=print))


def derive_into(
    folder: Path, frame: pd.DataFrame, *, boost: float = BOOST, progress: Callable[[str], None] = lambda _text: None
) -> None:
    """Write the parameters of the application table, derived from the genuine ``frame``, into ``folder``."""
    for stem, document in derive_application(frame, boost=boost, progress=progress).items():
        write_json(folder / f"{stem}.json", document)


def write_json(path: Path, document: Any) -> None:
    """Write ``document`` as compact JSON, one top-level entry a line, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{json.dumps(key)}:{_compact(value)}" for key, value in document.items()]
    partial = path.with_suffix(".partial")
    partial.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    os.replace(partial, path)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


if __name__ == "__main__":
    main()
