"""A card as one HTML file: no script, nothing fetched, printable."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from ml.card.document import Block, Card, Code, Drawing, Listing, Section, Table
from ml.card.words import Words


def as_html(card: Card) -> str:
    """The card as a complete HTML document; every text is escaped, figures stand inline."""
    words = Words(card.language)
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    entries = "".join(f'<li><a href="#{section.key}">{escape(section.title)}</a></li>' for section in card.sections)
    body = "\n".join(_section(section, words) for section in card.sections)
    return f"""<!doctype html>
<html lang="{card.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{escape(card.title)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{escape(card.title)}</h1>
<p class="subtitle">{escape(card.subtitle)}</p>
</header>
<nav aria-label="{escape(words("Contents"))}"><ul>{entries}</ul></nav>
<main>
{body}
</main>
</body>
</html>
"""


def figures_of(page: str) -> dict[str, str]:
    """The figures of a page of :func:`as_html` as SVG documents by name, to be kept on their own."""
    found = re.findall(r'<figure id="([\w-]+)"[^>]*>\s*(<svg.*?</svg>)', page, flags=re.DOTALL)
    return {name: f'<?xml version="1.0" encoding="utf-8"?>\n{svg}' for name, svg in found}


def _section(section: Section, words: Words) -> str:
    blocks = "\n".join(_block(block, words) for block in section.blocks)
    title = escape(section.title)
    return f'<section id="{section.key}">\n<h2>{title}</h2>\n<div class="blocks">\n{blocks}\n</div>\n</section>'


def _block(block: Block, words: Words) -> str:
    if isinstance(block, str):
        return f"<p>{escape(block)}</p>"
    if isinstance(block, Listing):
        return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in block.items) + "</ul>"
    if isinstance(block, Code):
        return f'<pre tabindex="0"><code>{escape(block.text)}</code></pre>'
    if isinstance(block, Drawing):
        return _drawing(block, words)
    return _folded(block, escape(block.caption)) if block.folded else _table(block)


def _drawing(drawing: Drawing, words: Words) -> str:
    numbers = _folded(drawing.table, escape(words("The numbers"))) if drawing.table else ""
    wide = ' class="wide"' if drawing.is_wide else ""
    return (
        f'<figure id="{drawing.name}"{wide}>\n{drawing.svg}\n'
        f"<figcaption>{escape(drawing.caption)}</figcaption>\n{numbers}</figure>"
    )


def _folded(table: Table, summary: str) -> str:
    return f"<details><summary>{summary}</summary>\n{_table(table)}\n</details>"


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.header)
    rows = "\n".join(_row(row) for row in table.rows)
    return (
        f'<div class="frame" tabindex="0"><table><caption>{escape(table.caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
    )


def _row(row: tuple[str, ...]) -> str:
    cells = "".join(f"<td{_kind(cell)}>{escape(cell)}</td>" for cell in row[1:])
    return f'<tr><th scope="row">{escape(row[0])}</th>{cells}</tr>'


def _kind(cell: str) -> str:
    """Numbers stand right and on one line."""
    return ' class="number"' if re.match(r"^[−–-]?\d|^–$", cell) else ""
