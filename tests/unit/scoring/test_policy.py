from dataclasses import replace
from decimal import Decimal

import pytest

from scoring.enums import Finding, Recommendation
from scoring.policy import CaseFacts, PolicyTerms, advise, is_override, override_direction

TERMS = PolicyTerms(
    cutoff=0.10,
    near_cutoff=0.1,
    thin_file_missing=0.6,
    out_of_range_features=3,
    high_amount=Decimal(50_000),
    most_debt_to_income=0.45,
    least_left=Decimal(500),
)
SAFE = CaseFacts(probability_of_default=0.04, amount=Decimal(10_000), missing_share=0.2, out_of_range=0, unseen=0)


def test_safe_case_is_approved_without_findings():
    assert advise(SAFE, TERMS).recommendation == Recommendation.APPROVE
    assert advise(SAFE, TERMS).findings == ()


def test_over_the_cutoff_is_declined_and_says_so():
    advice = advise(replace(SAFE, probability_of_default=0.2), TERMS)
    assert advice.recommendation == Recommendation.DECLINE
    assert advice.findings == (Finding.OVER_CUTOFF,)


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"probability_of_default": 0.0901}, Finding.NEAR_CUTOFF),
        ({"missing_share": 0.6}, Finding.THIN_FILE),
        ({"out_of_range": 3}, Finding.OUT_OF_RANGE),
        ({"unseen": 1}, Finding.UNSEEN_CATEGORY),
        ({"amount": Decimal(50_000)}, Finding.HIGH_AMOUNT),
        ({"debt_to_income": 0.451}, Finding.DEBT_BURDEN),
        ({"left": 499.0}, Finding.LITTLE_LEFT),
        ({"left": -20.0}, Finding.LITTLE_LEFT),
    ],
)
def test_every_doubt_refers(change, finding):
    advice = advise(replace(SAFE, **change), TERMS)
    assert advice.recommendation == Recommendation.REFER
    assert finding in advice.findings


@pytest.mark.parametrize("known", [{}, {"debt_to_income": 0.45, "left": 500.0}])
def test_what_is_within_the_limits_or_not_known_breaks_none(known):
    assert advise(replace(SAFE, **known), TERMS).findings == ()


def test_a_policy_without_limits_judges_no_burden():
    terms = replace(TERMS, most_debt_to_income=None, least_left=None)
    assert advise(replace(SAFE, debt_to_income=9.0, left=-9.0), terms).findings == ()


def test_doubt_over_the_cutoff_refers_and_keeps_both_findings():
    advice = advise(replace(SAFE, probability_of_default=0.3, missing_share=0.9), TERMS)
    assert advice.recommendation == Recommendation.REFER
    assert advice.findings == (Finding.OVER_CUTOFF, Finding.THIN_FILE)


def test_exactly_the_cutoff_is_not_over_it():
    terms = replace(TERMS, near_cutoff=0.0)
    assert Finding.OVER_CUTOFF not in advise(replace(SAFE, probability_of_default=0.10), terms).findings


def test_no_limit_on_the_amount_never_refers_for_it():
    terms = replace(TERMS, high_amount=None)
    assert advise(replace(SAFE, amount=Decimal(10**9)), terms).recommendation == Recommendation.APPROVE
    assert advise(replace(SAFE, amount=None), TERMS).recommendation == Recommendation.APPROVE


def test_after_a_referral_the_cutoff_tells_what_is_an_override():
    assert not is_override("refer", "approve", over_cutoff=False)
    assert not is_override("refer", "decline", over_cutoff=True)
    assert is_override("refer", "approve", over_cutoff=True)
    assert is_override("refer", "decline", over_cutoff=False)
    assert override_direction("approve") == "low_side"
    assert override_direction("decline") == "high_side"
