"""A card as Markdown: the words and the tables; figures are named, and drawn in the HTML beside it."""

from __future__ import annotations

from ml.card.document import Block, Card, Code, Drawing, Listing, Table


def as_markdown(card: Card) -> str:
    """The card as Markdown with tables, without figures."""
    head = f"# {card.title}\n\n{_plain(card.subtitle)}\n"
    return "\n".join([head, *(f"## {section.title}\n\n{_blocks(section.blocks)}" for section in card.sections)])


def markdown_table(header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    """A Markdown table; a bar in a cell is escaped.

    >>> print(markdown_table(("a", "b"), (("x|y", "1"),)))
    | a | b |
    |---|---|
    | x\\|y | 1 |
    """
    lines = [header, ("---",) * len(header), *rows]
    shown = [f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines]
    shown[1] = "|" + "---|" * len(header)
    return "\n".join(shown)


def _blocks(blocks: tuple[Block, ...]) -> str:
    return "\n".join(text for block in blocks if (text := _block(block)))


def _block(block: Block) -> str:
    if isinstance(block, str):
        return f"{_plain(block)}\n"
    if isinstance(block, Listing):
        return "".join(f"- {_plain(item)}\n" for item in block.items)
    if isinstance(block, Code):
        return f"```\n{block.text}\n```\n"
    if isinstance(block, Drawing):
        return ""
    return f"{_caption(block)}\n\n{markdown_table(block.header, block.rows)}\n"


def _caption(table: Table) -> str:
    return f"**{_plain(table.caption)}**"


def _plain(text: str) -> str:
    return text.replace("<", "&lt;")


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|").replace("\n", " ")
