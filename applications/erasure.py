"""A person is erased: the row is blanked and the key destroyed, so nothing encrypted with it opens again."""

from django.db import transaction
from django.utils import timezone

from applications.intake.drafts import drafts_of_person_discard
from applications.models import Applicant
from common import crypto, ledger
from common.actors import Actor
from common.models import SubjectKey


@transaction.atomic
def applicant_erase(*, applicant: Applicant, actor: Actor, ground: str) -> Applicant:
    """Erased already, it stays as it is. Whether it may be is the caller's question, asked under ``person_lock``."""
    person = person_lock(applicant)
    if person.is_erased:
        return person
    crypto.subject_key_destroy(subject_key=SubjectKey.objects.select_for_update().get(id=person.subject_key_id))
    person.first_name = person.last_name = ""
    person.birth_date = person.email_encrypted = None
    person.erased_at = timezone.now()
    person.save(update_fields=["first_name", "last_name", "birth_date", "email_encrypted", "erased_at"])
    drafts_of_person_discard(applicant=person, actor=actor)
    ledger.record(action="applicant.erased", subject=person, actor=actor, facts={"ground": ground})
    return person


def person_lock(applicant: Applicant) -> Applicant:
    """The row as it is now, held until the end of the transaction; an application that comes in waits for it."""
    return Applicant.objects.select_for_update(of=("self",)).get(pk=applicant.pk)
