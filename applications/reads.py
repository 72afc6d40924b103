"""Who read what is known of a person: the one thing that a page that is only looked at writes."""

import uuid

from applications.enums import Door
from applications.models import PersonalDataRead
from common.actors import Actor


def read_record(*, applicant_id: uuid.UUID, door: Door, actor: Actor) -> PersonalDataRead:
    """Written before the answer is given, so that nothing is read without it."""
    return PersonalDataRead.objects.create(
        applicant_id=applicant_id, door=door, actor_kind=actor.kind, actor_id=actor.id
    )
