"""Reads over applicants, applications and their files, always within what the reader may see."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts.enums import Act
from accounts.models import ApiKey, User
from accounts.permissions import may, sees_every_branch
from applications.models import Applicant, Application, CreditFile
from applications.search import ImmutableUnaccent, SearchName
from common import crypto
from common.canonical import sha256_of
from common.errors import NotFound

PAGE_SIZE = 25


@dataclass(frozen=True)
class Page:
    """One page of a keyset-paged list; ``next_after`` is the cursor of the following one, if any."""

    rows: list[Any]
    next_after: str | None


def applications_visible_to(user: User) -> QuerySet[Application]:
    rows = Application.objects.select_related("applicant", "assigned_to", "branch")
    if not may(user, Act.READ_CASES):
        return rows.none()
    return rows if sees_every_branch(user) else rows.filter(branch=user.branch)


def applicants_visible_to(user: User) -> QuerySet[Applicant]:
    rows = Applicant.objects.select_related("branch")
    if not may(user, Act.READ_CASES):
        return rows.none()
    return rows if sees_every_branch(user) else rows.filter(branch=user.branch)


def applications_of_key(key: ApiKey) -> QuerySet[Application]:
    return Application.objects.select_related("applicant", "branch").filter(branch_id=key.branch_id)


def application_get(*, rows: QuerySet[Application], application_id: uuid.UUID) -> Application:
    """Another branch's case is as unknown as one that does not exist."""
    application = rows.filter(id=application_id).first()
    if application is None:
        raise NotFound(_("No such application."))
    return application


def search(rows: QuerySet[Application], text: str) -> QuerySet[Application]:
    """By reference, external id or a part of the name, whatever the case or the accents."""
    text = text.strip().replace("\x00", "")
    if not text:
        return rows
    named = Applicant.objects.alias(search_name=SearchName()).filter(
        search_name__contains=Lower(ImmutableUnaccent(Value(text)))
    )
    return rows.filter(
        Q(reference__startswith=text.upper()) | Q(external_id=text) | Q(applicant_id__in=named.values("id"))
    )


def applicants_search(rows: QuerySet[Applicant], text: str) -> QuerySet[Applicant]:
    text = text.strip().replace("\x00", "")
    if not text:
        return rows
    return rows.alias(search_name=SearchName()).filter(search_name__contains=Lower(ImmutableUnaccent(Value(text))))


def applicant_get(*, rows: QuerySet[Applicant], applicant_id: uuid.UUID | str) -> Applicant:
    try:
        applicant = rows.filter(id=uuid.UUID(str(applicant_id))).first()
    except ValueError as error:
        raise NotFound(_("No such applicant.")) from error
    if applicant is None:
        raise NotFound(_("No such applicant."))
    return applicant


def file_version(*, application: Application, version: str | None = None) -> CreditFile | None:
    """The version asked for, else the latest; None when the application has no file yet."""
    if not version:
        return application.latest_file
    asked = int(version) if version.isdecimal() and len(version) < 5 else 0
    found: CreditFile | None = application.files.filter(version=asked).first()
    if found is None:
        raise NotFound(_("No such version of the file."))
    return found


def keyset(rows: QuerySet[Any], *, after: str | None, size: int = PAGE_SIZE) -> Page:
    """Newest first by id, which is ordered by time; as fast at the end as at the start."""
    try:
        cursor = uuid.UUID(after) if after else None
    except ValueError as error:
        raise NotFound(_("No such page.")) from error
    rows = rows.order_by("-id") if cursor is None else rows.filter(id__lt=cursor).order_by("-id")
    found = list(rows[: size + 1])
    return Page(rows=found[:size], next_after=str(found[size - 1].id) if len(found) > size else None)


def document(credit_file: CreditFile) -> dict[str, Any]:
    """The raw rows of one version, decrypted and proved equal to the hash they were stored with."""
    plain = crypto.decrypt(
        credit_file.application.applicant.subject_key, bytes(credit_file.document_encrypted), credit_file.id
    )
    content: dict[str, Any] = json.loads(plain)
    if sha256_of(content) != credit_file.sha256:
        raise crypto.DataUnreadable(_("The stored credit file does not match its hash."))
    return content


def email_of(applicant: Applicant) -> str:
    if applicant.email_encrypted is None:
        return ""
    return crypto.decrypt(applicant.subject_key, bytes(applicant.email_encrypted), applicant.id).decode()
