"""The first page of each role: its numbers, its pictures with their tables, and what they cost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from applications.models import Application
from common import jobs
from common.models import Job, JobState, LedgerEvent
from decisions.contests.services import contest_create
from decisions.home import Home, home_of
from decisions.models import Decision
from decisions.services import DecisionInput, decision_create
from monitoring.enums import Kind, Level, Source
from monitoring.models import MetricValue, MonitoringRun, Outcome
from scoring.enums import ModelState
from scoring.models import ModelVersion
from tests.factories.accounts import UserFactory, api_key

SignIn = Callable[[User], Client]
NewCase = Callable[..., Application]
HOME = "decisions:home"
MOST_QUERIES = 12


def decide(case: Application, user: User, outcome: str = "decline") -> Decision:
    codes = ["external_score"] if outcome == "decline" else []
    made = decision_create(application=case, data=DecisionInput(case.scores.latest("id").id, outcome, codes), user=user)
    assert isinstance(made, Decision)
    return made


def tiles_of(home: Home) -> dict[str, str]:
    return {tile.label: tile.number for tile in home.tiles}


def panel_of(home: Home, key: str) -> Any:
    return next(panel for panel in home.panels if panel.key == key)


@pytest.fixture
def busy(new_case: NewCase, officer: User, senior: User) -> None:
    """Something of everything."""
    for _number in range(3):
        decide(new_case(), officer)
    contested = decide(new_case(), officer).application
    contest_create(application=contested, view="I do not agree.", received_on=timezone.localdate(), user=officer)
    for _number in range(2):
        case = new_case()
        data = DecisionInput(
            case.scores.latest("id").id, "approve", override_reason="income_verified", note="Seen on pay slips."
        )
        decision_create(application=case, data=data, user=officer)
    Application.objects.filter(id=new_case().id).update(assigned_to=officer)


@pytest.mark.parametrize("role", ["officer", "senior", "auditor", "risk", "administrator"])
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.usefixtures("busy")
def test_home_is_whole_and_costs_little(
    role: str, language: str, request: Any, signed_in: SignIn, is_strict: Any
) -> None:
    user = request.getfixturevalue(role)
    User.objects.filter(pk=user.pk).update(language=language)
    client = signed_in(user)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(reverse(HOME))
    assert response.status_code == 200
    assert len(captured.captured_queries) <= MOST_QUERIES, "\n".join(q["sql"] for q in captured.captured_queries)
    page = response.content.decode()
    assert page.count("data-figure=") <= page.count("<table")
    is_strict(response)


def test_officer_sees_own_cases_against_the_promise_and_own_week(
    new_case: NewCase, officer: User, senior: User
) -> None:
    late, ready, waiting = new_case(), new_case(), new_case(explained=False)
    Application.objects.filter(id__in=[late.id, ready.id, waiting.id]).update(assigned_to=officer)
    Application.objects.filter(id=late.id).update(due_at=timezone.now() - timedelta(hours=1))
    decide(new_case(), officer)
    decide(new_case(approvable=True), officer, "approve")
    decide(new_case(), senior)
    home = home_of(officer)
    assert tiles_of(home)["My cases"] == "3"
    promise = panel_of(home, "promise")
    assert promise.finding == "1 of your 3 cases is late."
    assert promise.rows[0] == ["late", "1", "0"]
    assert sum(int(row[1]) for row in promise.rows) == 2
    assert sum(int(row[2]) for row in promise.rows) == 1
    week = panel_of(home, "week")
    assert week.finding == "You decided 2 cases: 1 approved, 0 with a counter-offer, 1 declined."
    assert (len(week.rows), week.rows[0][1:]) == (7, ["1", "0", "1"])


def test_idle_officer_reads_so_and_sees_no_empty_chart(officer: User) -> None:
    home = home_of(officer)
    assert [panel.finding for panel in home.panels] == ["You hold no case.", "You decided nothing in the last 7 days."]
    assert [panel.figure for panel in home.panels] == [None, None]


@pytest.mark.usefixtures("busy")
def test_senior_starts_with_what_waits(senior: User, officer: User) -> None:
    home = home_of(senior)
    assert (home.tiles[0].label, home.tiles[0].number) == ("Waiting for you", "2")
    assert tiles_of(home)["Contests"] == "1"
    assert panel_of(home, "officers").rows[0][0] == str(officer)
    assert panel_of(home, "officers").url == reverse("decisions:senior-desk")


@pytest.mark.usefixtures("busy")
def test_ledger_that_was_never_verified_is_no_alarm_on_its_first_day_only(
    auditor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_command("ledger", "seal")
    assert tiles_of(home_of(auditor))["Ledger verified"] == "not yet"
    monkeypatch.setattr("decisions.home.audit.LOOKED_BACK", timedelta(0))
    assert tiles_of(home_of(auditor))["Ledger verified"] == "not in 90 days"


@pytest.mark.usefixtures("busy")
def test_auditor_reads_that_the_ledger_was_verified_and_who_read(
    auditor: User, officer: User, signed_in: SignIn, case: Application
) -> None:
    assert tiles_of(home_of(auditor))["Ledger verified"] == "not yet"
    assert panel_of(home_of(auditor), "exports").finding == "Nothing was exported in 90 days."
    call_command("ledger", "seal")
    call_command("ledger", "verify")
    event = LedgerEvent.objects.get(action="ledger.verified")
    assert event.facts["findings"] == 0
    client = signed_in(officer)
    for _time in range(2):
        client.get(reverse("decisions:case-detail", args=[case.id]))
    decision = Decision.objects.latest("id")
    signed_in(auditor).post(reverse("decisions:evidence-download", args=[decision.id]))
    home = home_of(auditor)
    tile = next(tile for tile in home.tiles if tile.label == "Ledger verified")
    assert tile.note == "nothing was altered"
    assert panel_of(home, "reads").rows[0] == ["The case", "2", "1"]
    assert panel_of(home, "exports").rows[0][1:] == ["The signed evidence was downloaded", str(auditor)]


@pytest.fixture
def champion(case: Application) -> ModelVersion:
    version: ModelVersion = ModelVersion.objects.get()
    ModelVersion.objects.filter(pk=version.pk).update(state=ModelState.CHAMPION, promoted_at=timezone.now())
    return version


def measured(version: ModelVersion, psi: float, level: Level) -> MonitoringRun:
    now = timezone.now()
    run = MonitoringRun.objects.create(
        model_version=version, source=Source.PORTAL, period_from=now - timedelta(days=1), period_to=now
    )
    values = [
        (Kind.PSI, "", psi, level),
        (Kind.CSI, "AMT_CREDIT", 0.4, Level.ALARM),
        (Kind.CSI, "AGE", 0.2, Level.WATCH),
    ]
    for kind, feature, value, how in values:
        MetricValue.objects.create(
            run=run, kind=kind, feature=feature, value=value, level=how, current_count=500, reference_count=1000
        )
    return run


def test_risk_manager_reads_drift_and_outcomes(
    risk: User, champion: ModelVersion, new_case: NewCase, officer: User
) -> None:
    measured(champion, 0.05, Level.STABLE)
    run = measured(champion, 0.31, Level.ALARM)
    for is_default in (True, False, False, False):
        case = new_case(approvable=True)
        decide(case, officer, "approve")
        Outcome.objects.create(application=case, is_default=is_default, observed_on=timezone.localdate())
    home = home_of(risk)
    tile = next(tile for tile in home.tiles if tile.label == "Alarms of the last run")
    assert (tile.number, tile.note, tile.url) == (
        "2",
        "1 more to watch",
        reverse("monitoring:run-detail", args=[run.id]),
    )
    drift = panel_of(home, "drift")
    assert drift.finding == "The score's PSI in the last run is 0.310: alarm."
    assert [row[1:3] for row in drift.rows] == [["0.310", "Alarm"], ["0.050", "Stable"]]
    outcomes = panel_of(home, "outcomes")
    assert outcomes.rows == [["A", "4", "1", "25.0\u00a0%", "2.0\u00a0%"]]
    assert outcomes.finding == "Of 4 observed credits 25.0\u00a0% defaulted; 2.0\u00a0% was expected."


def test_a_corrected_outcome_counts_once(risk: User, champion: ModelVersion, new_case: NewCase, officer: User) -> None:
    case = new_case(approvable=True)
    decide(case, officer, "approve")
    first = Outcome.objects.create(application=case, is_default=True, observed_on=timezone.localdate())
    Outcome.objects.create(application=case, is_default=False, observed_on=timezone.localdate(), corrects=first)
    assert panel_of(home_of(risk), "outcomes").rows[0][1:3] == ["1", "0"]


def test_administrator_reads_keys_that_end_failed_work_and_users(administrator: User, officer: User) -> None:
    soon, _secret = api_key(branch=officer.branch, expires_at=timezone.now() + timedelta(days=3))
    api_key(branch=officer.branch, expires_at=timezone.now() + timedelta(days=300))
    api_key(branch=officer.branch)
    job = jobs.enqueue(kind="score_application", key="one", payload={})
    Job.objects.filter(id=job.id).update(state=JobState.FAILED)
    UserFactory(is_active=False)
    home = home_of(administrator)
    tiles = {tile.label: (tile.number, tile.note) for tile in home.tiles}
    assert tiles["Keys in use"] == ("3", "1 ends within 30 days")
    assert tiles["Failed work"][0] == "1"
    assert tiles["Active users"][0] == "2"
    assert [row[0] for row in panel_of(home, "keys").rows] == [str(soon)]
    assert panel_of(home, "jobs").rows == [["Scores", "1"]]
    assert sorted(panel_of(home, "users").rows) == [["Administrator", "1"], ["Credit officer", "1"]]


def test_quiet_administrator_page_says_that_nothing_is_wrong(administrator: User) -> None:
    home = home_of(administrator)
    assert panel_of(home, "jobs").finding == "No work failed."
    assert panel_of(home, "keys").finding == "No key ends within 30 days."


def test_counts_stop_at_a_thousand(monkeypatch: pytest.MonkeyPatch, new_case: NewCase, officer: User) -> None:
    monkeypatch.setattr("decisions.home.COUNTED", 2)
    for _number in range(3):
        new_case()
    assert tiles_of(home_of(officer))["Ready to decide"] == "2+"
    assert tiles_of(home_of(officer))["Late"] == "0"


def test_home_of_another_branch_shows_none_of_this_one(stranger: User, busy: None) -> None:
    tiles = tiles_of(home_of(stranger))
    assert (tiles["Contests"], tiles["Decisions"], tiles["Ready to decide"]) == ("0", "0", "0")
