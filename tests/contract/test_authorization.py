"""Every address of the pages, with every method, for every role: what is not in the table fails the build.

The REST interface has a table of its own, by scope: tests/integration/api/test_access.py.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from common.actors import SYSTEM
from decisions.audit.services import export_create
from decisions.contests.services import contest_create
from decisions.models import Decision, Override
from decisions.services import DecisionInput, decision_create
from integrations.services import webhook_create
from tests.factories.accounts import BranchFactory, UserFactory, api_key
from tests.factories.applications import ApplicantFactory, ApplicationFactory, DocumentFactory
from tests.factories.explanations import ExplanationFactory
from tests.factories.scoring import ScoreFactory

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OFFICER, SENIOR, AUDITOR, RISK, ADMINISTRATOR = ROLES = ("officer", "senior", "auditor", "risk", "administrator")
DESK = {OFFICER, SENIOR}
READERS = {OFFICER, SENIOR, AUDITOR}
WATCHERS = {AUDITOR, RISK}
SIGNED_IN = set(ROLES)
ANYBODY = {*ROLES, "visitor"}
NOBODY: set[str] = set()
REFUSED = (401, 403, 405)


@dataclass(frozen=True)
class Door:
    """Who may read and who may post; ``of`` is whose address it is: a case, a decision and so on."""

    get: set[str] = frozenset()  # type: ignore[assignment]
    post: set[str] = frozenset()  # type: ignore[assignment]
    of: str = ""

    def open_to(self, method: str) -> set[str]:
        return {"GET": self.get, "POST": self.post}.get(method, NOBODY)


DOORS = {
    "health-live": Door(get=ANYBODY),
    "health-ready": Door(get=ANYBODY),
    "accounts:language-set": Door(post=ANYBODY),
    "accounts:preferences": Door(get=SIGNED_IN, post=SIGNED_IN),
    "accounts:keyboard-help": Door(get=SIGNED_IN),
    "accounts:key-list": Door(get={ADMINISTRATOR}),
    "accounts:key-create": Door(get={ADMINISTRATOR}, post={ADMINISTRATOR}),
    "accounts:key-rotate": Door(get={ADMINISTRATOR}, post={ADMINISTRATOR}, of="key"),
    "accounts:key-revoke": Door(post={ADMINISTRATOR}, of="key"),
    "integrations:webhook-list": Door(get={ADMINISTRATOR}),
    "integrations:webhook-new": Door(get={ADMINISTRATOR}, post={ADMINISTRATOR}),
    "integrations:webhook-detail": Door(get={ADMINISTRATOR}, of="webhook"),
    "integrations:webhook-rotate": Door(get={ADMINISTRATOR}, post={ADMINISTRATOR}, of="webhook"),
    "integrations:webhook-pause": Door(post={ADMINISTRATOR}, of="webhook"),
    "integrations:webhook-resume": Door(post={ADMINISTRATOR}, of="webhook"),
    "integrations:webhook-remove": Door(post={ADMINISTRATOR}, of="webhook"),
    "integrations:webhook-resend": Door(post={ADMINISTRATOR}, of="webhook"),
    "integrations:delivery-resend": Door(post={ADMINISTRATOR}, of="delivery"),
    "applications:application-list": Door(get=READERS),
    "applications:application-new": Door(get=DESK, post=DESK),
    "applications:application-from-file": Door(get=DESK, post=DESK),
    "applications:draft-list": Door(get=DESK),
    "applications:draft-save": Door(post=DESK),
    "applications:draft-delete": Door(post=DESK, of="draft"),
    "applications:application-detail": Door(get=READERS, of="case"),
    "applications:document-list": Door(get=READERS, post=DESK, of="case"),
    "applications:document-read": Door(get=READERS, of="document"),
    "applications:document-withdraw": Door(post=DESK, of="document"),
    "applications:applicant-list": Door(get=READERS),
    "applications:applicant-detail": Door(get=READERS, of="applicant"),
    "decisions:privacy-person": Door(get=READERS, of="applicant"),
    "decisions:privacy-reads": Door(get={AUDITOR, ADMINISTRATOR}, of="anybody"),
    "decisions:access-give": Door(post={SENIOR}, of="applicant"),
    "decisions:erasure-ask": Door(post={SENIOR}, of="applicant"),
    "decisions:hold-add": Door(post={SENIOR}, of="applicant"),
    "decisions:hold-end": Door(post={SENIOR}, of="held"),
    "decisions:privacy-list": Door(get={AUDITOR, ADMINISTRATOR}),
    "decisions:erasure-decide": Door(post={ADMINISTRATOR}, of="erasure"),
    "decisions:home": Door(get=SIGNED_IN),
    "decisions:queue-bulk": Door(post=DESK),
    "decisions:case-queue": Door(get=DESK),
    "decisions:queue-view-new": Door(get=DESK, post=DESK),
    "decisions:queue-view-edit": Door(get=DESK, post=DESK, of="queue_view"),
    "decisions:queue-view-delete": Door(post=DESK, of="queue_view"),
    "decisions:case-detail": Door(get=READERS, of="case"),
    "decisions:case-take": Door(post=DESK, of="case"),
    "decisions:case-hand-back": Door(post=DESK, of="case"),
    "decisions:case-decide": Door(post=DESK, of="case"),
    "decisions:letter-preview": Door(post=DESK, of="case"),
    "decisions:case-history": Door(get=READERS, of="case"),
    "decisions:case-notes": Door(get=READERS, post=DESK, of="case"),
    "decisions:case-comparison": Door(get=READERS, of="case"),
    "decisions:case-what-if": Door(get=READERS, post=READERS, of="case"),
    "decisions:case-try-again": Door(post=DESK, of="case"),
    "decisions:contest-new": Door(get=DESK, post=DESK, of="case"),
    "decisions:contest-list": Door(get=READERS),
    "decisions:contest-detail": Door(get=READERS, of="contest"),
    "decisions:contest-take": Door(post={SENIOR}, of="contest"),
    "decisions:contest-hand-back": Door(post={SENIOR}, of="contest"),
    "decisions:contest-answer": Door(post={SENIOR}, of="contest"),
    "decisions:contest-letter-read": Door(get=READERS, of="contest letter"),
    "decisions:contest-letter-state": Door(get=READERS, of="contest letter"),
    "decisions:contest-letter-send": Door(post=DESK, of="contest letter"),
    "decisions:senior-desk": Door(get={SENIOR}),
    "decisions:review-list": Door(get={SENIOR}),
    "decisions:proposal-withdraw": Door(post=DESK, of="proposal"),
    "decisions:offer-reply": Door(post=DESK, of="offer"),
    "decisions:review-detail": Door(get={SENIOR}, post={SENIOR}, of="override"),
    "decisions:decision-list": Door(get=READERS),
    "decisions:override-statistics": Door(get={AUDITOR}),
    "decisions:question-list": Door(get={AUDITOR}),
    "decisions:question-new": Door(get={AUDITOR}, post={AUDITOR}),
    "decisions:question-share": Door(post={AUDITOR}, of="question"),
    "decisions:question-delete": Door(post={AUDITOR}, of="question"),
    "decisions:export-list": Door(get={AUDITOR}),
    "decisions:export-new": Door(get={AUDITOR}, post={AUDITOR}),
    "decisions:export-detail": Door(get={AUDITOR}, of="export"),
    "decisions:export-retry": Door(post={AUDITOR}, of="export"),
    "decisions:export-delete": Door(post={AUDITOR}, of="export"),
    "decisions:export-file": Door(post={AUDITOR}, of="export_file"),
    "decisions:decision-detail": Door(get=READERS, of="decision"),
    "decisions:letter-read": Door(get=READERS, of="letter"),
    "decisions:letter-state": Door(get=READERS, of="decision"),
    "decisions:letter-send": Door(post=DESK, of="letter"),
    "decisions:evidence-detail": Door(get=READERS, of="decision"),
    "decisions:evidence-download": Door(post=READERS, of="decision"),
    "decisions:decision-replay": Door(post=READERS, of="decision"),
    "scoring:batch-list": Door(get={RISK}),
    "scoring:batch-new": Door(get={RISK}, post={RISK}),
    "scoring:batch-detail": Door(get={RISK}, of="batch"),
    "scoring:batch-cancel": Door(post={RISK}, of="batch"),
    "scoring:batch-file": Door(get={RISK}, of="batch_file"),
    "monitoring:monitoring-overview": Door(get=WATCHERS),
    "monitoring:run-create": Door(post={RISK}),
    "monitoring:run-detail": Door(get=WATCHERS, of="run"),
    "monitoring:run-retry": Door(post={RISK}, of="run"),
    "monitoring:feature-detail": Door(get=WATCHERS, of="feature"),
    "monitoring:report-detail": Door(get=WATCHERS, of="run"),
    "monitoring:report-raw": Door(get=WATCHERS, of="run"),
    "monitoring:model-list": Door(get=WATCHERS),
    "monitoring:model-detail": Door(get=WATCHERS, of="model"),
    "monitoring:model-card": Door(get=WATCHERS, of="model"),
    "monitoring:model-card-markdown": Door(get=WATCHERS, of="model"),
}
# signing in and the second factor are allauth's own and tested there; they act on the person's own account only
OF_THE_ACCOUNT = ("account_", "mfa_")
# what belongs to a branch; the others are the same for all who may see them
OF_A_BRANCH = (
    *("case", "document", "applicant", "held", "override", "decision", "letter", "offer", "proposal"),
    *("contest", "contest letter"),
)
# made by a worker: the address is right, the thing is not there yet
NOT_MADE_HERE = (
    *("batch", "batch_file", "letter", "contest letter", "offer", "proposal"),
    *("question", "queue_view", "export_file", "delivery"),
    *("draft", "held", "erasure", "run", "feature", "model"),
)


def addresses(resolver: Any, namespace: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace not in ("admin", "api"):
                yield from addresses(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        else:
            yield f"{namespace}{pattern.name}"


def test_every_address_is_in_the_table():
    declared = {name for name in addresses(get_resolver()) if not name.startswith(OF_THE_ACCOUNT)}
    assert declared == set(DOORS)


@pytest.fixture
def branch():
    return BranchFactory()


@pytest.fixture
def people(branch):
    cast = {
        OFFICER: UserFactory(branch=branch),
        SENIOR: UserFactory(branch=branch, senior=True),
        AUDITOR: UserFactory(auditor=True),
        RISK: UserFactory(risk=True),
        ADMINISTRATOR: UserFactory(administrator=True),
    }
    return {name: client_of(user) for name, user in cast.items()} | {"visitor": Client()}


def client_of(user):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def ready_case(branch):
    application = ApplicationFactory(applicant=ApplicantFactory(branch=branch))
    return ExplanationFactory(score=ScoreFactory(application=application)).score


@pytest.fixture
def places(branch):
    """The part of an address that names a thing, for each kind of thing."""
    score, decided = ready_case(branch), ready_case(branch)
    proposer = UserFactory(branch=branch)
    override = decision_create(
        application=ready_case(branch).application,
        data=DecisionInput(_latest(), "approve", override_reason="income_verified", note="Seen on pay slips."),
        user=proposer,
    )
    decision = decision_create(
        application=decided.application,
        data=DecisionInput(decided.id, "decline", ["external_score"]),
        user=UserFactory(branch=branch),
    )
    assert isinstance(override, Override)
    assert isinstance(decision, Decision)
    contested = ready_case(branch)
    decision_create(
        application=contested.application,
        data=DecisionInput(contested.id, "decline", ["external_score"]),
        user=UserFactory(branch=branch),
    )
    contest = contest_create(
        application=contested.application,
        view="My income is higher than you think.",
        received_on=timezone.localdate(),
        user=UserFactory(branch=branch),
    )
    key, _secret = api_key(branch=branch)
    webhook, _secret = webhook_create(
        name="ERP", url="https://erp.example.org/", events=["batch.finished"], branch=branch, actor=SYSTEM
    )
    export = export_create(user=UserFactory(auditor=True), filters={}, formats=["csv"], language="en")
    return {
        "": [],
        "case": [score.application_id],
        "document": [score.application_id, DocumentFactory(application=score.application).id],
        "draft": [uuid.uuid4()],  # everybody else's is unknown
        "applicant": [score.application.applicant_id],
        "anybody": [score.application.applicant_id],
        "held": [score.application.applicant_id],
        "erasure": [uuid.uuid4()],
        "override": [override.id],
        "decision": [decision.id],
        "letter": [decision.id],
        "offer": [decision.id],
        "proposal": [override.id],
        "contest": [contest.id],
        "contest letter": [contest.id],
        "key": [key.id],
        "webhook": [webhook.id],
        "delivery": [webhook.id, uuid.uuid4()],
        "question": [uuid.uuid4()],
        "queue_view": [uuid.uuid4()],
        "export": [export.id],
        "export_file": [export.id, "decisions.csv"],
        "batch": [uuid.uuid4()],
        "batch_file": [uuid.uuid4(), "results", "csv"],
        "run": [uuid.uuid4()],
        "feature": [uuid.uuid4(), "AMT_CREDIT"],
        "model": ["none"],
    }


def _latest():
    from scoring.models import Score

    return Score.objects.latest("id").id


def status_of(client, method, url):
    """What the address answers, without what it did: each call starts from the same state."""
    with transaction.atomic():
        response = client.generic(method, url)
        transaction.set_rollback(True)
    to_sign_in = response.status_code == 302 and response.headers["Location"].startswith(reverse("account_login"))
    return 401 if to_sign_in else response.status_code


@pytest.mark.parametrize("name", DOORS)
def test_a_door_opens_to_those_of_the_table_and_to_nobody_else(name, people, places):
    door = DOORS[name]
    url = reverse(name, args=places[door.of])
    for method in METHODS:
        for person, client in people.items():
            status = status_of(client, method, url)
            assert status != 500, (method, person)
            if person in door.open_to(method):
                assert status not in REFUSED, (method, person, status)
                assert status != 404 or door.of in NOT_MADE_HERE, (method, person, status)
            else:
                assert status in REFUSED, (method, person, status)


@pytest.mark.parametrize("name", [name for name, door in DOORS.items() if door.of in OF_A_BRANCH])
def test_what_belongs_to_another_branch_is_unknown(name, places):
    door = DOORS[name]
    url = reverse(name, args=places[door.of])
    for method, role in (("GET", "get"), ("POST", "post")):
        for person in getattr(door, role) & {OFFICER, SENIOR}:
            stranger = UserFactory(senior=person == SENIOR)
            assert status_of(client_of(stranger), method, url) == 404, (method, person)


@pytest.mark.parametrize("name", DOORS)
def test_a_disabled_person_is_a_visitor(name, places):
    door = DOORS[name]
    user = UserFactory(senior=True)
    client = client_of(user)
    type(user).objects.filter(id=user.id).update(is_active=False)
    if "visitor" not in door.get | door.post:
        method = "GET" if door.get else "POST"
        assert status_of(client, method, reverse(name, args=places[door.of])) == 401


def test_the_administration_opens_to_administrators_only(people):
    people[ADMINISTRATOR] = client_of(UserFactory(administrator=True, is_staff=True))
    for model in admin.site._registry:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for person, client in people.items():
            status = client.get(url).status_code
            assert status in (302, 403) or person == ADMINISTRATOR, (url, person, status)
    assert people[ADMINISTRATOR].get(reverse("admin:accounts_user_changelist")).status_code == 200
