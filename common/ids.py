"""Public identifiers: unguessable, and ordered by time so that indexes stay compact."""

import uuid
from datetime import datetime

import uuid_utils.compat


def new_id() -> uuid.UUID:
    return uuid_utils.compat.uuid7()


def earliest_id(moment: datetime) -> uuid.UUID:
    """No id made at this moment or later is smaller."""
    milliseconds = int(moment.timestamp() * 1000)
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62)
