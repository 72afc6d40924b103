"""Loaded by schemathesis itself: what it cannot know from the document."""

import uuid
from typing import Any

import schemathesis
from schemathesis import GenerationMode


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """A valid act gets a key of its own: else nearly all would be refused as another use of the key "0"."""
    valid = case.meta and case.meta.generation.mode is GenerationMode.POSITIVE
    if valid and "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
