"""Generates the seven tables, in memory or to Parquet in bounded memory."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ml.synthetic.application import draw_applicants
from ml.synthetic.bureau import draw_bureau, draw_bureau_balance
from ml.synthetic.cards import draw_cards
from ml.synthetic.instalments import draw_payments, draw_pos_cash, instalment_plans
from ml.synthetic.parameters import FOLDER, application_parameters, child_parameters
from ml.synthetic.previous import draw_previous

# Far above the competition's numbers, so that nobody takes a fictional person for one of its rows.
FIRST_ID = 900_000_001
CHUNK = 10_000
TABLES = (
    "application",
    "bureau",
    "bureau_balance",
    "previous_application",
    "POS_CASH_balance",
    "installments_payments",
    "credit_card_balance",
)
FILE_NAMES = {name: "application_train" if name == "application" else name for name in TABLES}

Progress = Callable[[int, int], None]


def generate(n: int, seed: int, *, progress: Progress | None = None) -> dict[str, pd.DataFrame]:
    """Fictional applicants with outcomes and their histories, in the competition's seven tables.

    Parameters
    ----------
    n : applicants, at least 1.
    seed : same seed and ``n``, same tables.
    progress : told (applicants done, ``n``) after each part.

    Returns
    -------
    Table name -> frame. ``application`` has shape (n, 122) with ``TARGET``; ``SK_ID_CURR``,
    ``SK_ID_BUREAU`` and ``SK_ID_PREV`` count from 900,000,001.

    Raises
    ------
    ValueError : ``n`` below 1.

    Example
    -------
    >>> tables = generate(3, seed=0)
    >>> tables["application"].shape
    (3, 122)
    """
    parts = list(generate_parts(n, seed, progress=progress))
    return {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in TABLES}


def generate_applications(n: int, seed: int, *, folder: Path = FOLDER) -> pd.DataFrame:
    """The ``application`` table of ``generate(n, seed)`` alone, shape (n, 122), without the work for the others.

    ``folder`` may hold parameters derived from another portfolio.
    """
    first, frames = FIRST_ID, []
    for size, rng in _chunks(n, seed):
        frames.append(draw_applicants(application_parameters(folder), np.arange(size) + first, rng).frame)
        first += size
    return pd.concat(frames, ignore_index=True)


def generate_parts(n: int, seed: int, *, progress: Progress | None = None) -> Iterator[dict[str, pd.DataFrame]]:
    """The tables of :func:`generate` in parts of at most 10,000 applicants, for bounded memory."""
    first = {"SK_ID_CURR": FIRST_ID, "SK_ID_BUREAU": FIRST_ID, "SK_ID_PREV": FIRST_ID}
    done = 0
    for size, rng in _chunks(n, seed):
        part = _part(size, rng, first)
        yield part
        done += size
        first["SK_ID_CURR"] += size
        first["SK_ID_BUREAU"] += len(part["bureau"])
        first["SK_ID_PREV"] += len(part["previous_application"])
        if progress:
            progress(done, n)


def _chunks(n: int, seed: int) -> list[tuple[int, np.random.Generator]]:
    if n < 1:
        raise ValueError(f"At least one applicant is needed, not {n}.")
    sizes = [min(CHUNK, n - start) for start in range(0, n, CHUNK)]
    seeds = np.random.SeedSequence(seed).spawn(len(sizes))
    return [(size, np.random.default_rng(part)) for size, part in zip(sizes, seeds, strict=True)]


def write(n: int, seed: int, folder: Path, *, progress: Progress | None = None) -> Path:
    """Write the seven tables as Parquet under the competition's names; all of them or none.

    Parameters
    ----------
    n : applicants, at least 1.
    seed : same seed and ``n``, same tables.
    folder : target folder, made if it is not there; files of the same names are replaced.
    progress : told (applicants done, ``n``) after each part.

    Returns
    -------
    ``folder``.

    Raises
    ------
    OSError : the disk is full or the folder cannot be written; nothing is left behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".synthetic-", dir=folder))
    try:
        _write_parts(partial, generate_parts(n, seed, progress=progress))
        for name in FILE_NAMES.values():
            os.replace(partial / f"{name}.parquet", folder / f"{name}.parquet")
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _write_parts(folder: Path, parts: Iterator[dict[str, pd.DataFrame]]) -> None:
    writers: dict[str, pq.ParquetWriter] = {}
    try:
        for part in parts:
            for name, frame in part.items():
                schema = writers[name].schema if name in writers else None
                table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
                if name not in writers:
                    path = folder / f"{FILE_NAMES[name]}.parquet"
                    writers[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
                writers[name].write_table(table)
    finally:
        for writer in writers.values():
            writer.close()


def _part(n: int, rng: np.random.Generator, first: dict[str, int]) -> dict[str, pd.DataFrame]:
    children = child_parameters()
    pull = children["risk_pull"]
    applicants = draw_applicants(application_parameters(), np.arange(n) + first["SK_ID_CURR"], rng)
    bureau, bureau_risk = draw_bureau(children["bureau"], pull, applicants, rng)
    bureau["SK_ID_BUREAU"] += first["SK_ID_BUREAU"]
    balances = draw_bureau_balance(children["bureau_balance"], pull["status"], bureau, bureau_risk, rng)
    previous, risk = draw_previous(children["previous_application"], pull["refusal"], applicants, rng)
    previous["SK_ID_PREV"] += first["SK_ID_PREV"]
    plans = instalment_plans(previous, risk)
    cards, dues = draw_cards(children["credit_card_balance"], pull, previous, risk, rng)
    return {
        "application": applicants.frame,
        "bureau": bureau,
        "bureau_balance": balances,
        "previous_application": previous,
        "POS_CASH_balance": draw_pos_cash(children["POS_CASH_balance"], pull["days_past_due"], plans, rng),
        "installments_payments": draw_payments(children["installments_payments"], pull["late"], plans, dues, rng),
        "credit_card_balance": cards,
    }
