"""The ledger is verified once a day by itself; what it finds is in the log, in the ledger and before the auditor."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common import jobs, tasks
from common.ledger.verification import VERIFIED
from common.models import Job, LedgerEvent
from tests.factories.accounts import UserFactory
from tests.ledger_attacks import past_the_portal, sealed_history

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_store")]


def verify_now() -> LedgerEvent:
    tasks.verify_daily()
    jobs.run_all_here(lambda _done: None)
    return LedgerEvent.objects.filter(action=VERIFIED).latest("id")


def test_asked_every_hour_it_is_done_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed_history()
    assert verify_now().facts["findings"] == 0
    verify_now()
    assert LedgerEvent.objects.filter(action=VERIFIED).count() == Job.objects.filter(kind=tasks.VERIFY_JOB).count() == 1


def test_what_was_altered_is_cried_out(
    client: Client, caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    event = sealed_history()[7]
    past_the_portal("UPDATE common_ledgerevent SET action = 'other' WHERE id = %s", event.id)
    with caplog.at_level(logging.CRITICAL, logger="common.tasks"):
        assert verify_now().facts["findings"] == 1
    assert [(record.message, record.kind) for record in caplog.records] == [("ledger_altered", "altered")]
    auditor: User = UserFactory(auditor=True)
    client.force_login(auditor)
    tile = client.get(reverse("decisions:home")).content.decode().split("Ledger verified")[1]
    assert "1 finding" in tile
    assert "manage.py ledger verify" in tile


@pytest.mark.parametrize(
    ("kind", "is_long"), [("export_decisions", True), (tasks.VERIFY_JOB, True), ("score_application", False)]
)
def test_long_work_is_not_ended_by_the_limit_of_short_work(
    kind: str, is_long: bool, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda _arguments, **options: sent.append(options))
    monkeypatch.setattr(jobs, "_broker_paused_until", 0.0)
    jobs.nudge(Job().id, kind)
    assert ("time_limit" in sent[0]) is is_long
    if is_long:
        assert sent[0]["time_limit"] > sent[0]["soft_time_limit"] > settings.CELERY_TASK_TIME_LIMIT
