"""Reads over the documents of an application: the checklist, and one document decrypted and proved."""

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.files.storage import storages
from django.utils.translation import gettext as _

from applications.models import Application, Document
from common import crypto
from common.errors import NotFound
from ml.documents import DocumentKind, load_documents


@dataclass(frozen=True)
class Paper:
    """A document as a page shows it."""

    document: Document
    name: str
    is_withdrawn: bool


@dataclass(frozen=True)
class Item:
    """One line of the checklist with what was handed in for it."""

    kind: DocumentKind
    papers: tuple[Paper, ...]

    @property
    def is_there(self) -> bool:
        return any(not paper.is_withdrawn for paper in self.papers)


def checklist(application: Application) -> list[Item]:
    """Every kind that the product asks for; a document of a kind that it no longer knows stands at the end."""
    kinds = {kind.key: kind for kind in load_documents(application.product)}
    papers = _papers(application)
    gone = sorted({paper.document.kind for paper in papers} - kinds.keys())
    kinds |= {key: DocumentKind(key, key.replace("_", " "), key.replace("_", " ")) for key in gone}
    return [Item(kind, tuple(each for each in papers if each.document.kind == kind.key)) for kind in kinds.values()]


def required_missing(items: Iterable[Item]) -> list[Item]:
    return [item for item in items if item.kind.required and not item.is_there]


def document_get(*, application: Application, document_id: uuid.UUID) -> Document:
    found: Document | None = (
        application.documents.select_related("application__applicant__subject_key").filter(id=document_id).first()
    )
    if found is None:
        raise NotFound(_("No such document."))
    return found


def content_of(document: Document) -> bytes:
    """Decrypted and proved equal to the hash it was stored with."""
    store = storages["documents"]
    try:
        with store.open(document.storage_name) as file:
            sealed = file.read()
    except FileNotFoundError as error:
        raise crypto.DataUnreadable(_("The stored document is missing.")) from error
    plain = crypto.decrypt(document.application.applicant.subject_key, sealed, document.id)
    if hashlib.sha256(plain).hexdigest() != document.sha256:
        raise crypto.DataUnreadable(_("The stored document does not match its hash."))
    return plain


def name_of(document: Document) -> str:
    key = document.application.applicant.subject_key
    try:
        return crypto.decrypt(key, bytes(document.name_encrypted), document.id).decode()
    except crypto.PersonErased:
        return _("erased")


def _papers(application: Application) -> list[Paper]:
    rows = application.documents.select_related(
        "added_by", "withdrawal__withdrawn_by", "application__applicant__subject_key"
    ).order_by("id")
    return [Paper(row, name_of(row), hasattr(row, "withdrawal")) for row in rows]
