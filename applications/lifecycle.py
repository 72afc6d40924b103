"""The life of a case as one table (DESIGN 3): what is not listed is refused."""

from applications.enums import Status

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.SUBMITTED}),
    Status.SUBMITTED: frozenset({Status.SUBMITTED, Status.SCORED}),
    Status.SCORED: frozenset({Status.SUBMITTED, Status.SCORED, Status.EXPLAINED}),
    Status.EXPLAINED: frozenset({Status.SUBMITTED, Status.SCORED, Status.IN_REVIEW, Status.DECIDED, Status.REVIEWED}),
    Status.IN_REVIEW: frozenset({Status.EXPLAINED, Status.DECIDED, Status.REVIEWED}),
    Status.DECIDED: frozenset({Status.CONTESTED, Status.OUTCOME}),
    # upheld: the case is reviewed; taken back: it is open again, and reviewed once it is decided anew
    Status.CONTESTED: frozenset({Status.REVIEWED, Status.EXPLAINED}),
    Status.REVIEWED: frozenset({Status.OUTCOME}),
    Status.OUTCOME: frozenset(),
}

OPEN = (Status.SUBMITTED, Status.SCORED, Status.EXPLAINED, Status.IN_REVIEW)
TAKES_NEW_FILE = (Status.SUBMITTED, Status.SCORED, Status.EXPLAINED)


def may_move(current: str, to: Status) -> bool:
    return to in TRANSITIONS[Status(current)]
