"""The words and numbers of a card in English or French."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ml.metrics import Interval

LANGUAGES = ("en", "fr")
NONE = "–"


@dataclass(frozen=True)
class Words:
    """Says a text, a share or a number in one language; ``language`` is en or fr."""

    language: str = "en"

    def __call__(self, text: str, **values: object) -> str:
        """The text, written in English in the code, in this language; raises KeyError without a translation."""
        own = text if self.language == "en" else _french()[text]
        return own.format(**values) if values else own

    def pick(self, pair: tuple[str, str]) -> str:
        """Of an (English, French) pair the one to show."""
        return pair[LANGUAGES.index(self.language)]

    def number(self, value: float | None, digits: int = 4) -> str:
        r"""A number with ``digits`` decimals, or a dash.

        >>> Words("fr").number(1234.5, 1), Words().number(None)
        ('1\u202f234,5', '–')
        """
        if value is None:
            return NONE
        return self._local(f"{value:,.{digits}f}")

    def percent(self, value: float | None, digits: int = 1) -> str:
        r"""A share as a percentage.

        >>> Words().percent(0.1234), Words("fr").percent(0.1234)
        ('12.3%', '12,3\xa0%')
        """
        if value is None:
            return NONE
        return self.number(100 * value, digits) + self._percent

    def interval(self, found: Interval | None, digits: int = 4) -> str:
        """An estimate with its interval.

        >>> Words().interval(Interval(0.75, 0.7, 0.8), 2)
        '0.75 (0.70 to 0.80)'
        """
        return self._between(found, lambda value: self.number(value, digits), "")

    def share(self, found: Interval | None, digits: int = 1) -> str:
        """A share with its interval, as percentages.

        >>> Words().share(Interval(0.75, 0.7, 0.8))
        '75.0% (70.0 to 80.0)'
        """
        return self._between(found, lambda value: self.number(100 * value, digits), self._percent)

    @property
    def _percent(self) -> str:
        return "%" if self.language == "en" else "\N{NO-BREAK SPACE}%"

    def _between(self, found: Interval | None, say: Callable[[float], str], sign: str) -> str:
        if found is None:
            return NONE
        if found.lower == found.upper:
            return say(found.value) + sign
        to = "to" if self.language == "en" else "à"
        return f"{say(found.value)}{sign} ({say(found.lower)} {to} {say(found.upper)})"

    def _local(self, shown: str) -> str:
        if self.language == "en":
            return shown
        return shown.replace(",", "\N{NARROW NO-BREAK SPACE}").replace(".", ",")


@cache
def _french() -> dict[str, str]:
    texts: dict[str, str] = tomllib.loads(Path(__file__).with_name("words_fr.toml").read_text(encoding="utf-8"))
    return texts
