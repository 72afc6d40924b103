"""A counter-offer in words: what was asked for beside what is offered, and what the model says of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from applications import wording as file_wording
from applications.models import Application
from applications.selectors import document
from applications.services import contract_of
from common.crypto import PersonErased
from decisions import charts
from decisions.charts import Gauge
from decisions.models import CounterOffer, Decision, OfferAnswer
from decisions.offers.terms import Offered, offered_levers
from scoring.enums import Finding, Recommendation


@dataclass(frozen=True)
class OfferView:
    """``lines``: label, asked for, offered."""

    lines: list[tuple[str, str, str]]
    probability_of_default: float
    gauge: Gauge
    advice: str
    findings: list[str]
    valid_until: date | None = None
    answer: OfferAnswer | None = None

    @property
    def has_ended(self) -> bool:
        return self.valid_until is not None and timezone.localdate() > self.valid_until


def offer_view(application: Application, offered: Offered, asked: Mapping[str, Any]) -> OfferView:
    """An offer that is not recorded yet."""
    found = offered.assessment
    return OfferView(
        lines=offer_lines(application.product, asked, offered.changes),
        probability_of_default=found.probability_of_default,
        gauge=charts.gauge(found.probability_of_default, found.cutoff),
        advice=str(found.advice.recommendation.label),
        findings=[str(finding.label) for finding in found.advice.findings],
    )


def offer_on_record(decision: Decision) -> OfferView | None:
    offer = decision.offer
    if offer is None:
        return None
    return offer_as_recorded(offer, decision.application)


def offer_as_recorded(offer: CounterOffer, application: Application) -> OfferView:
    """A counter-offer that is part of a decision or a proposal."""
    return OfferView(
        lines=offer_lines(application.product, asked_in(offer), offer.changes),
        probability_of_default=offer.probability_of_default,
        gauge=charts.gauge(offer.probability_of_default, offer.cutoff),
        advice=str(Recommendation(offer.recommendation).label),
        findings=[str(Finding(code).label) for code in offer.policy_findings],
        valid_until=offer.valid_until,
        answer=OfferAnswer.objects.select_related("recorded_by").filter(offer=offer).first(),
    )


def asked_in(offer: CounterOffer) -> dict[str, Any]:
    """The request in the version of the file that was scored; nothing when the person was erased."""
    try:
        file = document(offer.score.credit_file)
    except PersonErased:
        return {}
    return dict(file[contract_of(offer.application.product).root_table])


def offer_lines(product: str, asked: Mapping[str, Any], changes: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Of what changes with an offer, what the lender names: the rest only moves along."""
    table = contract_of(product).application
    columns = [table.column(lever.column) for lever in offered_levers(product) if lever.column in changes]
    return [
        (
            file_wording.label_of(column),
            file_wording.value_text(column, asked.get(column.name)),
            file_wording.value_text(column, changes[column.name]),
        )
        for column in columns
    ]
