"""A form becomes an application, once, however often it is sent."""

from typing import Any

from django.db import transaction

from accounts.models import User
from applications.enums import Source
from applications.intake import drafts
from applications.intake.entry import Entry
from applications.intake.reading import carried_read
from applications.models import Application
from applications.services import applicant_create, application_submit
from common.errors import Conflict, InvalidInput


def entry_submit(*, entry: Entry, user: User) -> Application | None:
    """None when the contract refuses after all: what it said is then beside the fields, and nothing was written."""
    try:
        return _submit_once(entry=entry, user=user)
    except InvalidInput as error:
        entry.file.add_problems(error.problems)
    except Conflict as error:  # such as an external id that is taken
        entry.file.add_error(None, str(error.message))
    return None


@transaction.atomic
def _submit_once(*, entry: Entry, user: User) -> Application:
    draft = drafts.draft_lock(entry.slip) if entry.slip else None
    if draft is not None and draft.application is not None:
        return draft.application
    application = _submit(entry, user)
    if draft is not None:
        drafts.draft_close(draft=draft, application=application)
    return application


def _submit(entry: Entry, user: Any) -> Application:
    tables, external_id = carried_read(entry.contract, entry.carried)
    person = entry.person.cleaned_data if entry.person else {}
    applicant = entry.known or applicant_create(**person, branch=user.branch, actor=user.actor)
    return application_submit(
        applicant=applicant,
        product=entry.contract.product,
        file={entry.contract.root_table: entry.file.document(applicant.birth_date)} | tables,
        external_id=external_id,
        source=Source.PORTAL,
        actor=user.actor,
    )
