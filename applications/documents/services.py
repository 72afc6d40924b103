"""What is written about documents: taken in, or withdrawn. Nothing is ever replaced or deleted."""

import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Act
from accounts.models import User
from accounts.permissions import require
from applications.documents.content import MediaType, media_type_of, safe_name
from applications.enums import WithdrawalReason
from applications.models import Application, Document, DocumentWithdrawal
from applications.services import lock
from common import crypto, ledger
from common.errors import Conflict, InvalidInput, NotAllowed
from ml.documents import load_documents
from ml.errors import Problem

MOST_DOCUMENTS = 50


@transaction.atomic
def document_add(*, application: Application, kind: str, name: str, content: bytes, user: User) -> Document:
    """Stored encrypted first, then recorded: what no row speaks of is taken away again."""
    _check_desk(application, user)
    application = lock(application)
    media_type = _check(application, kind, content)
    document = Document(
        application=application,
        kind=kind,
        media_type=media_type.name,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        added_by=user,
    )
    key = application.applicant.subject_key
    document.name_encrypted = crypto.encrypt(key, safe_name(name, media_type).encode(), document.id)
    store = storages["documents"]
    store.save(document.storage_name, ContentFile(crypto.encrypt(key, content, document.id)))
    try:
        with transaction.atomic():
            document.save()
            facts = {"document": str(document.id), "kind": kind, "sha256": document.sha256}
            ledger.record(action="document.added", subject=application, actor=user.actor, facts=facts)
    except BaseException:
        store.delete(document.storage_name)
        raise
    return document


@transaction.atomic
def document_withdraw(*, document: Document, reason: str, user: User) -> DocumentWithdrawal:
    _check_desk(document.application, user)
    if reason not in WithdrawalReason.values:
        raise InvalidInput(_("Say why the document no longer counts."))
    application = lock(document.application)
    if DocumentWithdrawal.objects.filter(document=document).exists():
        raise Conflict(_("This document was withdrawn already."), code="document_withdrawn")
    withdrawal = DocumentWithdrawal(document=document, reason=reason, withdrawn_by=user)
    withdrawal.save()
    facts = {"document": str(document.id), "reason": reason}
    ledger.record(action="document.withdrawn", subject=application, actor=user.actor, facts=facts)
    return withdrawal


def _check_desk(application: Application, user: User) -> None:
    require(user, Act.CREATE_APPLICATION)
    if application.branch_id != user.branch_id:
        raise NotAllowed(_("This case belongs to another branch."))


def _check(application: Application, kind: str, content: bytes) -> MediaType:
    if kind not in {each.key for each in load_documents(application.product)}:
        raise _refusal("kind", _("Choose what the document is."))
    if not content:
        raise _refusal("document", _("The file is empty."))
    media_type = media_type_of(content)
    if media_type is None:
        raise _refusal(
            "document",
            _("This is not a whole PDF, JPEG or PNG, whatever its name says. Save or scan it as one of these."),
        )
    if application.documents.count() >= MOST_DOCUMENTS:
        raise _refusal("document", _("An application holds at most %(most)s documents.") % {"most": MOST_DOCUMENTS})
    _refuse_twice(application, kind, content)
    return media_type


def _refuse_twice(application: Application, kind: str, content: bytes) -> None:
    """Also what a second press of the button sends."""
    same = hashlib.sha256(content).hexdigest()
    if application.documents.filter(kind=kind, sha256=same, withdrawal=None).exists():
        raise _refusal("document", _("This very file is in the list already."))


def _refusal(field: str, message: str) -> InvalidInput:
    return InvalidInput(message, [Problem(f"/{field}", "document_refused", message)])
