import pytest

from decisions.enums import Direction, OverrideReason
from decisions.policy import decision_problems, direction_of

PRINCIPAL = ["external_score", "income", "debt_burden", "age_of_credit", "employment"]


def problems(**given):
    defaults = {
        "outcome": "decline",
        "direction": None,
        "reason_codes": ["income"],
        "principal_codes": PRINCIPAL,
        "override_reason": "",
        "note": "",
    }
    return [problem.pointer for problem in decision_problems(**(defaults | given))]


@pytest.mark.parametrize(
    ("recommendation", "over_cutoff", "outcome", "expected"),
    [
        ("approve", False, "approve", None),
        ("decline", True, "decline", None),
        ("refer", False, "approve", None),
        ("refer", True, "decline", None),
        ("refer", True, "approve", Direction.LOW_SIDE),
        ("refer", False, "decline", Direction.HIGH_SIDE),
        ("decline", True, "approve", Direction.LOW_SIDE),
        ("approve", False, "decline", Direction.HIGH_SIDE),
    ],
)
def test_direction_of_an_override(recommendation, over_cutoff, outcome, expected):
    assert direction_of(recommendation, outcome, over_cutoff=over_cutoff) == expected


def test_decline_that_follows_the_advice_needs_only_reasons_on_record():
    assert problems() == []
    assert problems(reason_codes=PRINCIPAL[:4]) == []


@pytest.mark.parametrize(
    "codes",
    [[], ["income", "income"], PRINCIPAL, ["favourable_thing"], ["income", "unknown"]],
    ids=["none", "twice", "five", "not on record", "one unknown"],
)
def test_decline_refuses_other_reasons(codes):
    assert problems(reason_codes=codes) == ["/reason_codes"]


def test_approval_carries_no_adverse_reason():
    assert problems(outcome="approve", reason_codes=[]) == []
    assert problems(outcome="approve") == ["/reason_codes"]


def test_high_side_override_stands_on_the_officers_own_reason():
    given = {"direction": Direction.HIGH_SIDE, "note": "Pay slips do not match the statement."}
    assert problems(reason_codes=[], override_reason=OverrideReason.INCOME_NOT_PROVED, **given) == []
    assert problems(override_reason=OverrideReason.INCOME_NOT_PROVED, **given) == ["/reason_codes"]
    assert problems(reason_codes=[], override_reason=OverrideReason.COLLATERAL, **given) == ["/override_reason"]


def test_low_side_override_needs_a_reason_and_a_note():
    given = {"outcome": "approve", "reason_codes": [], "direction": Direction.LOW_SIDE}
    assert problems(**given) == ["/override_reason", "/note"]
    assert problems(**given, override_reason="collateral", note="        ok      ") == ["/note"]
    assert problems(**given, override_reason="collateral", note="Her sister stands surety.") == []
