"""What is typed into a form is kept as it is typed, for its officer alone; it is no application and is not scored."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from applications.models import Applicant, Application, Draft
from common import crypto, ledger
from common.actors import SYSTEM, Actor
from common.canonical import canonical_json
from common.errors import Conflict, InvalidInput, NotFound

SALT = "applications.draft"
LARGEST = 2 * 1024 * 1024
Values = Mapping[str, str]


@dataclass(frozen=True)
class Slip:
    """What a form carries to say which draft it is and whose, signed: it outlives the session it was made in."""

    draft: uuid.UUID
    owner: str
    product: str
    applicant: uuid.UUID | None = None

    def sign(self) -> str:
        return signing.dumps([str(self.draft), self.owner, self.product, str(self.applicant or "")], salt=SALT)


def slip_read(text: str) -> Slip | None:
    """None for what we did not sign, or signed longer ago than a draft is kept."""
    try:
        draft, owner, product, applicant = signing.loads(text, salt=SALT, max_age=kept_for())
    except signing.BadSignature:
        return None
    return Slip(uuid.UUID(draft), owner, product, uuid.UUID(applicant) if applicant else None)


def kept_for() -> timedelta:
    return timedelta(days=settings.RETENTION["draft_days"])


def drafts_of(user: User) -> QuerySet[Draft]:
    rows = Draft.objects.select_related("subject_key", "applicant")
    return rows.filter(owner=user, application__isnull=True, saved_at__gt=timezone.now() - kept_for())


def draft_find(*, user: User, draft_id: uuid.UUID | str) -> Draft | None:
    """None when nothing was saved under this id; somebody else's is as unknown as none at all."""
    try:
        asked = uuid.UUID(str(draft_id))
    except ValueError as error:
        raise _unknown() from error
    draft = Draft.objects.select_related("subject_key", "applicant").filter(id=asked).first()
    if draft is not None and draft.owner_id != user.id:
        raise _unknown()
    return draft


def values_of(draft: Draft) -> dict[str, str]:
    if draft.subject_key is None or draft.content_encrypted is None:
        return {}
    content: dict[str, str] = json.loads(crypto.decrypt(draft.subject_key, bytes(draft.content_encrypted), draft.id))
    return content


@transaction.atomic
def draft_save(*, slip: Slip, values: Values, actor: Actor) -> Draft:
    """Exactly what was typed, right or wrong. Once the form is submitted it is a Conflict."""
    content = canonical_json(dict(values))
    if len(content) > LARGEST:
        raise InvalidInput(_("This is too much for one draft; it was not saved."), code="draft_too_large")
    draft = _locked(slip)
    if draft is None:
        return _create(slip, content, actor)
    if draft.application_id is not None or draft.subject_key is None:
        raise Conflict(_("This form was submitted already."), code="draft_submitted")
    draft.content_encrypted = crypto.encrypt(draft.subject_key, content, draft.id)
    draft.saved_at = timezone.now()
    draft.save(update_fields=["content_encrypted", "saved_at"])
    return draft


@transaction.atomic
def draft_discard(*, draft: Draft, actor: Actor, action: str = "draft.discarded") -> None:
    """The key goes with the row, so that a copy of the database keeps nothing readable either."""
    key = draft.subject_key
    ledger.record(action=action, subject=draft, actor=actor)
    draft.delete()
    if key is not None:
        key.delete()


def draft_close(*, draft: Draft, application: Application) -> None:
    """Nothing typed is left; called in the transaction that takes the application in."""
    key = draft.subject_key
    draft.application, draft.content_encrypted, draft.subject_key = application, None, None
    draft.save(update_fields=["application", "content_encrypted", "subject_key"])
    if key is not None:
        key.delete()


def draft_lock(slip: Slip) -> Draft:
    """Held until the end of the transaction: a form that is sent twice waits here for its first answer."""
    draft = _locked(slip)
    if draft is None:
        raise _unknown()
    return draft


def drafts_of_person_discard(*, applicant: Applicant, actor: Actor) -> None:
    for draft in Draft.objects.select_related("subject_key").filter(applicant=applicant, application__isnull=True):
        draft_discard(draft=draft, actor=actor)


def drafts_expire() -> int:
    """Those nobody touched for the period, each in a transaction of its own."""
    due = Draft.objects.filter(saved_at__lte=timezone.now() - kept_for()).values_list("id", flat=True)
    return sum(_expire(draft_id) for draft_id in list(due[:1000]))


@transaction.atomic
def _expire(draft_id: uuid.UUID) -> bool:
    rows = Draft.objects.select_for_update(of=("self",)).select_related("subject_key")
    draft = rows.filter(id=draft_id, saved_at__lte=timezone.now() - kept_for()).first()
    if draft is not None:
        draft_discard(draft=draft, actor=SYSTEM, action="draft.expired")
    return draft is not None


def _locked(slip: Slip) -> Draft | None:
    rows = Draft.objects.select_for_update(of=("self",)).select_related("subject_key")
    draft = rows.filter(id=slip.draft).first()
    if draft is not None and str(draft.owner_id) != slip.owner:
        raise _unknown()
    return draft


def _create(slip: Slip, content: bytes, actor: Actor) -> Draft:
    draft = Draft(
        id=slip.draft,
        owner_id=_key_of(slip.owner),
        product=slip.product,
        applicant_id=slip.applicant,
        saved_at=timezone.now(),
    )
    try:
        with transaction.atomic():
            key = crypto.subject_key_create()
            draft.subject_key = key
            draft.content_encrypted = crypto.encrypt(key, content, draft.id)
            draft.save(force_insert=True)
    except IntegrityError as error:  # the same form was saved at the same moment, by the other request
        raise Conflict(_("This form is being saved at this moment."), code="draft_busy") from error
    ledger.record(action="draft.started", subject=draft, actor=actor)
    return draft


def _key_of(owner: str) -> Any:
    return User._meta.pk.to_python(owner)


def _unknown() -> NotFound:
    return NotFound(_("No such draft."))
