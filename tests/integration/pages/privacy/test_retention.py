"""The end of the periods: who is erased by time, and what keeps a person."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from applications.models import Applicant, Application
from common.models import IdempotentRequest, LedgerEvent
from decisions.privacy import selectors
from decisions.privacy.policy import months_after
from decisions.privacy.services import hold_lift, hold_place, retention_run
from tests.integration.pages.privacy.conftest import aged, decide
from tests.ledger_attacks import past_the_portal


def test_retention_erases_what_is_over_and_nothing_else(
    person: Applicant, new_case: Callable[..., Application], officer: User, senior: User
) -> None:
    held, fresh, waiting = new_case(), new_case(), new_case()
    for case in (held, fresh):
        decide(case, officer)
    hold = hold_place(applicant=held.applicant, ground="fraud", user=senior)
    for applicant in (person, held.applicant):
        aged(applicant, 6)
    assert not waiting.decisions.exists()
    assert retention_run(dry_run=True).applicants == [person.id]
    assert not Applicant.objects.get(id=person.id).is_erased
    assert retention_run().applicants == [person.id]
    assert retention_run().applicants == []
    event = LedgerEvent.objects.get(action="applicant.erased")
    assert (event.subject_id, event.actor_kind, event.facts) == (person.id, "system", {"ground": "period_over"})
    hold_lift(applicant=held.applicant, hold_id=hold.id, user=senior)
    assert retention_run().applicants == [held.applicant_id]


def test_a_credit_is_kept_longer_than_a_refusal(new_case: Callable[..., Application], officer: User) -> None:
    credit = new_case(recommendation="approve", policy_findings=[], probability_of_default=0.02)
    decide(credit, officer, "approve")
    aged(credit.applicant, 6)
    assert retention_run().applicants == []
    aged(credit.applicant, 5)
    assert retention_run().applicants == [credit.applicant_id]


def test_the_command_says_what_it_would_do_and_works_in_batches(
    new_case: Callable[..., Application], officer: User
) -> None:
    for _number in range(3):
        case = new_case()
        decide(case, officer)
        aged(case.applicant, 6)
    IdempotentRequest.objects.create(owner_id=officer.id, key="old", fingerprint="f", status=201)
    IdempotentRequest.objects.update(created_at="2020-01-01T00:00:00Z")
    IdempotentRequest.objects.create(owner_id=officer.id, key="new", fingerprint="f", status=201)
    said = StringIO()
    call_command("retention", "run", "--dry-run", stdout=said)
    assert "3 people would be erased, 1 answers" in said.getvalue()
    assert Applicant.objects.filter(erased_at__isnull=False).count() == 0
    call_command("retention", "run", "--batch", "2", stdout=said)
    assert "3 people were erased, 1 answers to systems were deleted" in said.getvalue()
    assert [row.key for row in IdempotentRequest.objects.all()] == ["new"]


def test_the_last_day_of_the_period_is_still_kept(
    new_case: Callable[..., Application], officer: User, settings: Any
) -> None:
    case = new_case()
    decided = decide(case, officer)
    today = timezone.localdate()
    for decided_on, erased in ((months_after(today, -60), False), (months_after(today, -60) - timedelta(days=1), True)):
        moment = timezone.make_aware(datetime.combine(decided_on, time(12)))
        past_the_portal("UPDATE decisions_decision SET created_at = %s WHERE id = %s", moment, decided.id)
        assert bool(retention_run().applicants) == erased, decided_on


def test_a_draft_or_an_open_case_keeps_the_person(person: Applicant, new_case: Callable[..., Application]) -> None:
    aged(person, 20)
    for status in ("draft", "explained", "contested"):
        Application.objects.filter(applicant=person).update(status="decided")
        Application.objects.filter(id=person.applications.latest("id").id).update(status=status)
        assert retention_run(dry_run=True).applicants == [], status
    Application.objects.filter(applicant=person).update(status="outcome")
    assert retention_run(dry_run=True).applicants == [person.id]


def test_what_comes_between_looking_and_erasing_stops_the_erasure(
    person: Applicant, senior: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    aged(person, 20)
    hold_place(applicant=person, ground="authority", user=senior)
    monkeypatch.setattr(selectors, "due", lambda _limit: [person])
    assert retention_run().applicants == []
    assert not Applicant.objects.get(id=person.id).is_erased
