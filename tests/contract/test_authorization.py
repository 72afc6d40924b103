"""Every address of the pages, with every method, for every role: what is not in the table fails the build.

The REST interface has a table of its own, by scope: tests/integration/api/test_access.py.
"""

import uuid
from collections.abc import Iterator
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
from tests.contract.doors import (
    ADMINISTRATOR,
    AUDITOR,
    DOORS,
    NOT_MADE_HERE,
    OF_A_BRANCH,
    OF_THE_ACCOUNT,
    OFFICER,
    RISK,
    SENIOR,
)
from tests.factories.accounts import BranchFactory, UserFactory, api_key
from tests.factories.applications import ApplicantFactory, ApplicationFactory, DocumentFactory
from tests.factories.explanations import ExplanationFactory
from tests.factories.scoring import ScoreFactory

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REFUSED = (401, 403, 405)


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
