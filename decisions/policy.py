"""What a decision must carry: pure functions, no database, no clock, no settings."""

from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _

from decisions.enums import HIGH_SIDE_REASONS, LOW_SIDE_REASONS, Direction, Outcome
from ml.errors import Problem
from scoring.policy import is_override, override_direction

MOST_REASONS = 4
SHORTEST_NOTE = 10


def direction_of(
    recommendation: str, outcome: str, *, over_cutoff: bool, offer_over_cutoff: bool = False
) -> Direction | None:
    """The direction of the override, or None when the decision follows the advice (and a referral, the cutoff).

    ``offer_over_cutoff``: the terms of a counter-offer are over it as well, so making it grants against the advice.
    """
    if outcome == Outcome.COUNTER_OFFER and offer_over_cutoff:
        return Direction.LOW_SIDE
    against = is_override(recommendation, outcome, over_cutoff=over_cutoff)
    return Direction(override_direction(outcome)) if against else None


def sends_model_reasons(outcome: str, direction: Direction | None) -> bool:
    """Whether what is refused of the request is carried by the model's reasons; a high-side override has its own."""
    return outcome != Outcome.APPROVE and direction != Direction.HIGH_SIDE


def decision_problems(
    *,
    outcome: str,
    direction: Direction | None,
    reason_codes: Sequence[str],
    principal_codes: Collection[str],
    override_reason: str,
    note: str,
) -> list[Problem]:
    """Everything that is missing or wrong at once, each beside its field."""
    problems = _reason_problems(outcome, direction, reason_codes, principal_codes)
    return problems + (_override_problems(direction, override_reason, note) if direction else [])


def _reason_problems(
    outcome: str, direction: Direction | None, reason_codes: Sequence[str], principal_codes: Collection[str]
) -> list[Problem]:
    if not sends_model_reasons(outcome, direction):
        if reason_codes:
            return [_problem("/reason_codes", _("These reasons belong to a decline that follows the model."))]
        return []
    if not reason_codes:
        return [_problem("/reason_codes", _("Choose at least one reason to send to the applicant."), "missing")]
    if len(set(reason_codes)) != len(reason_codes) or len(reason_codes) > MOST_REASONS:
        return [_problem("/reason_codes", _("Send between one and four different reasons."), "out_of_range")]
    if not set(reason_codes) <= set(principal_codes):
        return [_problem("/reason_codes", _("Only the principal reasons on record can be sent."), "unseen_category")]
    return []


def _override_problems(direction: Direction, override_reason: str, note: str) -> list[Problem]:
    allowed = LOW_SIDE_REASONS if direction == Direction.LOW_SIDE else HIGH_SIDE_REASONS
    problems = []
    if override_reason not in allowed:
        problems.append(
            _problem("/override_reason", _("This goes against the advice: say why, in your own reason."), "missing")
        )
    if len(note.strip()) < SHORTEST_NOTE:
        problems.append(
            _problem("/note", _("Explain the override for the second person, in at least ten letters."), "missing")
        )
    return problems


def _problem(pointer: str, message: str, code: str = "invalid") -> Problem:
    return Problem(pointer, code, message)
