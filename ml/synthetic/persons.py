"""Names, birth dates and addresses for fictional applicants."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from ml.synthetic.names import CITIES, FIRST_NAMES, LAST_NAMES
from ml.synthetic.tables import generate_applications

# The day the drawn applications are dated, unless told otherwise: a fixed day keeps draws repeatable.
OBSERVATION_DATE = date(2026, 11, 2)
FRENCH_SHARE = 0.8
# Keeps the people's chance apart from that of their applications, drawn from the same seed.
STREAM = 7001
# No letters that fold to plain ones by themselves.
FOLDED = str.maketrans({"Ł": "L", "ł": "l", "Ø": "O", "ø": "o", "ß": "ss"})


@dataclass(frozen=True)
class Person:
    """A fictional applicant; ``language`` is ``fr`` or ``en``, ``email`` unique within a draw."""

    first_name: str
    last_name: str
    birth_date: date
    email: str
    language: str
    city: str


def people(
    n: int, seed: int, *, application: pd.DataFrame | None = None, on: date = OBSERVATION_DATE
) -> tuple[Person, ...]:
    """Fictional people behind the applicants of ``generate(n, seed)``, in their order.

    Parameters
    ----------
    n : people, at least 1.
    seed : same arguments, same people.
    application : their application rows, shape (n, columns), for sex and age; drawn when not given.
    on : the day the applications are dated; a birth date is ``DAYS_BIRTH`` days before it.

    Returns
    -------
    n people.

    Raises
    ------
    ValueError : ``n`` below 1, or another number of application rows.

    Example
    -------
    >>> [person.email.endswith("@example.org") for person in people(2, seed=0)]
    [True, True]
    """
    rows = generate_applications(n, seed) if application is None else application
    if len(rows) != n:
        raise ValueError(f"{n} people were asked for, but {len(rows)} application rows given.")
    rng = np.random.default_rng([seed, STREAM])
    languages = np.where(rng.random(n) < FRENCH_SHARE, "fr", "en")
    picks = rng.random((n, 3))
    facts = zip(rows["DAYS_BIRTH"], rows["CODE_GENDER"], languages, picks, strict=True)
    return tuple(_person(number, *fact, on) for number, fact in enumerate(facts, start=1))


def _person(number: int, days_birth: float, gender: str, language: Any, picks: Any, on: date) -> Person:
    first = _pick(FIRST_NAMES[str(language), "M" if gender == "M" else "F"], picks[0])
    last = _pick(LAST_NAMES[str(language)], picks[1])
    return Person(
        first_name=first,
        last_name=last,
        birth_date=on + timedelta(days=int(days_birth)),
        email=f"{_plain(first)}.{_plain(last)}.{number}@example.org",
        language=str(language),
        city=_pick(CITIES[str(language)], picks[2]),
    )


def _pick(names: Sequence[str], uniform: float) -> str:
    return names[int(uniform * len(names))]


def _plain(name: str) -> str:
    """The name in lower-case ASCII letters and hyphens, for an address."""
    folded = unicodedata.normalize("NFKD", name.translate(FOLDED)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z-]", "", folded.lower())
