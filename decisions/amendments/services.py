"""Keep a what-if: what was typed becomes a new version of the file, scored and explained anew."""

import uuid
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from applications.enums import Source
from applications.models import Application
from applications.selectors import document
from applications.services import contract_of, credit_file_add
from common import crypto, ledger
from common.errors import InvalidInput
from decisions.gate import open_case
from decisions.models import FileAmendment
from decisions.policy import SHORTEST_NOTE
from ml.errors import Problem


@transaction.atomic
def amendment_create(
    *, application: Application, score_id: uuid.UUID, row: dict[str, Any], note: str, user: User
) -> FileAmendment:
    """Whoever may decide the case may correct its file, until it is decided; the file as it was stays on record.

    ``row``: the application row as it is to be. Raises InvalidInput where nothing changed, where the reason
    lacks or where the contract refuses a value, and whatever :func:`decisions.gate.open_case` refuses.
    """
    application, score = open_case(application, score_id, user)
    note = note.strip()
    if len(note) < SHORTEST_NOTE:
        why = _("Say where the new values come from, in at least ten letters.")
        raise InvalidInput(why, [Problem("/note", "missing", why)])
    root = contract_of(application.product).root_table
    file = document(score.credit_file)
    columns = changed_columns(file[root], row)
    if not columns:
        why = _("Nothing differs from the file: there is nothing to keep.")
        raise InvalidInput(why, [Problem("/application", "missing", why)])
    kept = credit_file_add(application=application, file={**file, root: row}, source=Source.WHAT_IF, actor=user.actor)
    amendment = FileAmendment(application=application, credit_file=kept, score=score, columns=columns, amended_by=user)
    amendment.note_encrypted = crypto.encrypt(application.applicant.subject_key, note.encode(), amendment.id)
    amendment.save()
    facts = {"amendment": str(amendment.id), "file": str(kept.id)}
    ledger.record(action="file.amended", subject=application, actor=user.actor, facts=facts)
    return amendment


def changed_columns(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The columns whose values differ, in alphabetical order; an absent value and null are the same."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
