"""Reads over applicants, applications and their files, always within what the reader may see."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.enums import Act
from accounts.models import ApiKey, User
from accounts.permissions import may, sees_every_branch
from applications.models import Applicant, Application, CreditFile
from applications.search import SHORTEST_INDEXED, SearchName, likeness, name_holds, name_is_like
from common import crypto
from common.canonical import sha256_of
from common.errors import NotFound

PAGE_SIZE = 25
SHORTEST_LIKE = 4  # every shorter name is like a hundred others


@dataclass(frozen=True)
class Page:
    """One page of a keyset-paged list; ``next_after`` is the cursor of the following one, if any.

    ``is_close``: nothing was found by what was searched for, and these are called nearly so.
    """

    rows: list[Any]
    next_after: str | None
    is_close: bool = False


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


def search(rows: QuerySet[Application], text: str, *, user: User) -> QuerySet[Application]:
    """By reference, external id or a part of the name, whatever the case or the accents."""
    text = _searched(text)
    if not text:
        return rows
    numbered = Q(reference__startswith=text.upper()) | Q(external_id=text)
    if len(text) < SHORTEST_INDEXED:  # so many that the first page is soon full when the list is walked
        return rows.alias(search_name=SearchName("applicant__")).filter(numbered | name_holds(text))
    # a union lets each part use its index; an "or" over two tables uses none
    people = applicants_search(applicants_visible_to(user), text)
    named = Application.objects.filter(applicant_id__in=people.values("id"))
    return rows.filter(id__in=named.values("id").union(Application.objects.filter(numbered).values("id"), all=True))


def applicants_search(rows: QuerySet[Applicant], text: str) -> QuerySet[Applicant]:
    text = _searched(text)
    return rows.alias(search_name=SearchName()).filter(name_holds(text)) if text else rows


def closest(rows: QuerySet[Any], text: str, *, user: User, of: str = "applicant__") -> Page:
    """Those whose name is most like a text that no name holds: a letter forgotten, doubled or in another's place."""
    text = _searched(text)
    if len(text) < SHORTEST_LIKE:
        return Page(rows=[], next_after=None)
    if not sees_every_branch(user):
        rows = rows.filter(**{f"{of}branch": user.branch})  # where the index of names begins
    named = rows.alias(search_name=SearchName(of)).filter(name_is_like(text))
    return Page(rows=list(named.order_by(likeness(text).desc(), "-id")[:PAGE_SIZE]), next_after=None, is_close=True)


def _searched(text: str) -> str:
    return text.strip().replace("\x00", "")


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
    return page_of(rows, size)


def page_of(rows: QuerySet[Any], size: int = PAGE_SIZE) -> Page:
    """The first of the ordered ``rows``."""
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
