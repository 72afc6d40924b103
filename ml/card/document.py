"""The parts a card is made of, before they become HTML or Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Cells as text; the first column names the row. ``folded`` tables stand in a details element."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    folded: bool = False


@dataclass(frozen=True)
class Drawing:
    """An SVG figure, its finding in words and the numbers it draws."""

    name: str
    caption: str
    svg: str
    table: Table | None = None
    is_wide: bool = False


@dataclass(frozen=True)
class Listing:
    """Short statements, one a line."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Code:
    """Text to be typed as it is."""

    text: str


Block = str | Table | Drawing | Listing | Code


@dataclass(frozen=True)
class Section:
    """A chapter; a block of plain ``str`` is a paragraph."""

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Card:
    """A whole card in one language."""

    language: str
    title: str
    subtitle: str
    sections: tuple[Section, ...]

    @property
    def drawings(self) -> Sequence[Drawing]:
        """Every figure, in order."""
        return [block for section in self.sections for block in section.blocks if isinstance(block, Drawing)]
