"""Who acts: a person, a system with a key, or the portal itself. Carried into every write and ledger event."""

import uuid
from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["user", "api_key", "system"]


@dataclass(frozen=True)
class Actor:
    kind: ActorKind
    id: uuid.UUID | None = None


SYSTEM = Actor(kind="system")
