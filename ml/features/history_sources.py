"""What the parsed histories consist of beside the histories themselves: sources, words, errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ml.errors import ContractError
from ml.features.histories import Aggregate, History


@dataclass(frozen=True)
class Source:
    """What an aggregate or a row column may be made of: a raw column, a row column or a child's aggregate.

    ``kind`` is ``number``, ``category`` or ``id``.
    """

    name: str
    kind: str
    label_en: str
    label_fr: str
    unit: str
    reason_code: str
    reason_allowed: bool
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Described:
    """An aggregate with its words."""

    aggregate: Aggregate
    table: str
    source: Source
    monotone: int
    missing_reason_code: str = ""


@dataclass(frozen=True)
class ParsedHistories:
    """The histories in dependency order, their aggregates with words, and the raw application-level expressions."""

    histories: tuple[History, ...]
    described: tuple[Described, ...]
    features: tuple[dict[str, Any], ...]


def broken(table: str, name: str, why: str) -> ContractError:
    """The error of one entry of one file."""
    return ContractError(f"histories/{table}.toml: {name}: {why}.", code="features_unreadable")
