"""Credit policy as pure functions on plain values: no database, no clock, no settings."""

from dataclasses import dataclass
from decimal import Decimal

from scoring.enums import Finding, Recommendation


@dataclass(frozen=True)
class PolicyTerms:
    """The thresholds of one policy version.

    ``near_cutoff`` is a share of the cutoff (0.1: within 10 % of it); ``thin_file_missing`` a share of features;
    ``least_left`` an amount a month.
    """

    cutoff: float
    near_cutoff: float
    thin_file_missing: float
    out_of_range_features: int
    high_amount: Decimal | None
    most_debt_to_income: float | None = None
    least_left: Decimal | None = None


@dataclass(frozen=True)
class CaseFacts:
    """What the policy looks at in one case."""

    probability_of_default: float
    amount: Decimal | None
    missing_share: float
    out_of_range: int
    unseen: int
    debt_to_income: float | None = None
    left: float | None = None


@dataclass(frozen=True)
class Advice:
    recommendation: Recommendation
    findings: tuple[Finding, ...]


def advise(facts: CaseFacts, terms: PolicyTerms) -> Advice:
    """Doubt refers, whatever the probability; without doubt the cutoff speaks."""
    doubts = _doubts(facts, terms)
    over = facts.probability_of_default > terms.cutoff
    findings = ((Finding.OVER_CUTOFF,) if over else ()) + doubts
    if doubts:
        return Advice(Recommendation.REFER, findings)
    return Advice(Recommendation.DECLINE if over else Recommendation.APPROVE, findings)


def _doubts(facts: CaseFacts, terms: PolicyTerms) -> tuple[Finding, ...]:
    distance = abs(facts.probability_of_default - terms.cutoff)
    high = terms.high_amount is not None and facts.amount is not None and facts.amount >= terms.high_amount
    checks = {
        Finding.NEAR_CUTOFF: distance <= terms.near_cutoff * terms.cutoff,
        Finding.THIN_FILE: facts.missing_share >= terms.thin_file_missing,
        Finding.OUT_OF_RANGE: facts.out_of_range >= terms.out_of_range_features,
        Finding.UNSEEN_CATEGORY: facts.unseen > 0,
        Finding.DEBT_BURDEN: _over(facts.debt_to_income, terms.most_debt_to_income),
        Finding.LITTLE_LEFT: _over(terms.least_left, facts.left),
        Finding.HIGH_AMOUNT: high,
    }
    return tuple(finding for finding, fired in checks.items() if fired)


def _over(value: float | Decimal | None, limit: float | Decimal | None) -> bool:
    """What is not known breaks no limit: the file's gaps have findings of their own."""
    return value is not None and limit is not None and value > limit


def is_override(recommendation: str, outcome: str, *, over_cutoff: bool) -> bool:
    """Deciding against the advice or, where the machine refers for doubt, against the cutoff.

    A counter-offer refuses what was asked for, so it counts as a decline.
    """
    if recommendation == Recommendation.REFER:
        recommendation = Recommendation.DECLINE if over_cutoff else Recommendation.APPROVE
    return (outcome == Recommendation.APPROVE) != (recommendation == Recommendation.APPROVE)


def override_direction(outcome: str) -> str:
    """``low_side``: approved over the cutoff; ``high_side``: not granted as asked under it."""
    return "low_side" if outcome == "approve" else "high_side"
