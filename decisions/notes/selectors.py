"""Notes of a case, the newest first, read with the person's key for those who may see the case."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from applications.models import Application
from applications.selectors import Page, keyset
from decisions.notes.models import CaseNote
from decisions.services import note_of

AT_A_GLANCE = 3


@dataclass(frozen=True)
class ReadNote:
    row: CaseNote
    text: str


def newest_notes(application: Application) -> dict[str, Any]:
    """What the case page shows of them."""
    page = _notes(application, after=None, size=AT_A_GLANCE)
    return {"notes": _read(application, page.rows), "has_more_notes": page.next_after is not None}


def note_page(application: Application, *, after: str | None) -> Page:
    page = _notes(application, after=after)
    return Page(rows=_read(application, page.rows), next_after=page.next_after)


def _notes(application: Application, *, after: str | None, size: int = 25) -> Page:
    rows = CaseNote.objects.filter(application=application).select_related("written_by")
    return keyset(rows, after=after, size=size)


def _read(application: Application, rows: Iterable[CaseNote]) -> list[ReadNote]:
    found = []
    for row in rows:
        row.application = application  # its person and key are at hand
        found.append(ReadNote(row, note_of(row)))
    return found
