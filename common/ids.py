"""Public identifiers: unguessable, and ordered by time so that indexes stay compact."""

import uuid

import uuid_utils.compat


def new_id() -> uuid.UUID:
    return uuid_utils.compat.uuid7()
