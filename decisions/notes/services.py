"""A note is written once, under the case, in the name of the one who wrote it."""

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Act
from accounts.models import User
from accounts.permissions import require
from applications.models import Application
from applications.services import lock
from common import crypto, ledger
from common.errors import InvalidInput, NotFound
from decisions.notes.models import CaseNote
from decisions.services import note_of
from ml.errors import Problem


@transaction.atomic
def case_note_add(*, application: Application, text: str, submission: uuid.UUID, user: User) -> CaseNote:
    """Whoever decides cases of the branch may write one, also when the case is closed.

    ``submission``: issued with the form; the same form sent twice is one note, and with other words another note.
    Raises InvalidInput for an empty text, NotFound for a case of another branch, PersonErased.
    """
    require(user, Act.DECIDE)
    application = lock(application)
    if application.branch_id != user.branch_id:
        raise NotFound(_("No such application."))
    text = text.strip()
    if not text:
        raise InvalidInput(_("Write the note first."), [Problem("/text", "missing", _("Write the note first."))])
    known = CaseNote.objects.filter(application=application, submission=submission).first()
    if known is not None and known.written_by_id == user.id and note_of(known) == text:
        return known
    note = CaseNote(application=application, written_by=user, submission=uuid.uuid4() if known else submission)
    note.note_encrypted = crypto.encrypt(application.applicant.subject_key, text.encode(), note.id)
    note.save()
    ledger.record(action="note.added", subject=application, actor=user.actor, facts={"note": str(note.id)})
    return note
