"""Many at once, and a database that is killed under them: one decision each, and no acknowledged one lost."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.db.models import Model
from django.utils import timezone

from applications.models import Application
from common.errors import Conflict
from common.models import IdempotentRequest
from creditportal.embedded.layout import PROJECT
from decisions.contests.services import contest_answer, contest_create, contest_take
from decisions.models import Decision
from decisions.services import DecisionInput, decision_create
from tests.factories.accounts import BranchFactory, UserFactory, api_key
from tests.factories.applications import APPLICATION, ApplicantFactory, ApplicationFactory
from tests.factories.explanations import ExplanationFactory
from tests.factories.scoring import ScoreFactory
from tests.house import House, a_house
from tests.integration.api.conftest import Caller, problem_of

FULL = os.environ.get("FAULTS") == "full"
APPLICATIONS, PEOPLE = (200, 8) if FULL else (10, 8)
ROUNDS, SENDERS = (100, 100) if FULL else (2, 24)
KEYS, CLIENTS, KILLS = (10_000, 16, 3) if FULL else (120, 16, 1)
LONGEST = 3600 if FULL else 180
VIEW = "The income on the file is not mine."


@pytest.fixture(autouse=True)
def _no_connection_outlives_the_test() -> Iterator[None]:
    yield
    connections["default"].close_pool()


def together(acts: list[Callable[[], Any]]) -> list[Any]:
    """All at the same moment, each on connections of its own."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=30)
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_approve_one_decides_and_the_others_are_told_who_and_when():
    branch = BranchFactory()
    people = UserFactory.create_batch(PEOPLE, branch=branch)
    for _application in range(APPLICATIONS):
        application = ApplicationFactory(applicant=ApplicantFactory(branch=branch))
        score = ExplanationFactory(score=ScoreFactory(application=application, approvable=True)).score
        data = DecisionInput(score.id, "approve")

        def approve(user: Any, application: Any = application, data: DecisionInput = data) -> Any:
            try:
                return decision_create(application=application, data=data, user=user)
            except Conflict as error:
                return error

        answers = together([lambda user=user: approve(user) for user in people])
        (winner,) = [answer for answer in answers if isinstance(answer, Decision)]
        others = [answer for answer in answers if isinstance(answer, Conflict)]
        assert len(others) == PEOPLE - 1
        for refused in others:
            assert (refused.code, refused.status) == ("already_decided", 409)
            assert refused.details == {"decision": str(winner.id), "decided_at": winner.created_at.isoformat()}
            assert str(winner.decided_by) in refused.message
    assert Decision.objects.count() == APPLICATIONS


@pytest.mark.django_db(transaction=True)
def test_of_many_who_record_take_and_answer_a_contest_one_does_each():
    branch = BranchFactory()
    seniors = UserFactory.create_batch(4, branch=branch, senior=True)
    application = ApplicationFactory(applicant=ApplicantFactory(branch=branch))
    score = ExplanationFactory(score=ScoreFactory(application=application)).score
    decision_create(
        application=application,
        data=DecisionInput(score.id, "decline", ["external_score"]),
        user=UserFactory(branch=branch),
    )

    def one_of(act: Callable[[Any], Any]) -> Any:
        def tried(user: Any) -> Any:
            try:
                return act(user)
            except Conflict as error:
                return error

        done = [row for row in together([lambda user=user: tried(user) for user in seniors]) if isinstance(row, Model)]
        assert len(done) == 1
        return done[0]

    today = timezone.localdate()
    contest = one_of(lambda user: contest_create(application=application, view=VIEW, received_on=today, user=user))
    one_of(lambda user: contest_take(contest=contest, user=user))
    holder = Application.objects.get(id=application.id).assigned_to
    seniors = [holder] * len(seniors)
    answer = one_of(lambda user: contest_answer(contest=contest, outcome="upheld", text=VIEW, user=user))
    assert answer.reviewer == holder
    assert Application.objects.get(id=application.id).status == "reviewed"


@pytest.mark.django_db(transaction=True)
def test_one_key_sent_by_many_at_once_is_one_act_with_one_answer():
    secret = api_key(branch=BranchFactory(), requests_per_minute=100_000)[1]
    for number in range(ROUNDS):
        body = APPLICATION | {"external_id": f"round-{number}", "score": False}

        def send(body: Any = body, key: str = f"key-{number}") -> bytes:
            while True:
                answer = Caller(secret).post("applications", body, key=key)
                if answer.status_code == 201:
                    return answer.content
                # more senders than the database takes connections: a caller is told to come again
                assert problem_of(answer)["code"] in ("request_in_flight", "database_unavailable"), answer.content
                time.sleep(0.02)

        assert len(set(together([send] * SENDERS))) == 1
    assert IdempotentRequest.objects.count() == ROUNDS


@pytest.fixture
def house(socket_enabled: None) -> Iterator[House]:
    with a_house() as one:
        one.run()
        yield one


PREPARE = """
import json, sys, django
django.setup()
from django.db import transaction
from tests.factories.accounts import BranchFactory, UserFactory, api_key
from tests.factories.applications import ApplicantFactory, ApplicationFactory
from tests.factories.explanations import ExplanationFactory
from tests.factories.scoring import ScoreFactory
branch = BranchFactory(code="lyon")
_key, secret = api_key(branch=branch, acts_for=UserFactory(branch=branch), requests_per_minute=100_000)
made = []
for number in range(int(sys.argv[1])):
    with transaction.atomic():
        application = ApplicationFactory(applicant=ApplicantFactory(branch=branch))
        score = ExplanationFactory(score=ScoreFactory(application=application)).score
        made.append([str(application.id), str(score.id)])
print(json.dumps({"secret": secret, "cases": made}))
"""


def prepared(house: House) -> tuple[str, list[list[str]]]:
    environment = house.environment() | house.layout.environment() | {
        "DJANGO_SETTINGS_MODULE": "creditportal.settings.dev", "PYTHONPATH": str(PROJECT), "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    command = [sys.executable, "-W", "ignore", "-c", PREPARE, str(KEYS)]
    done = subprocess.run(
        command, env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=LONGEST, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    return found["secret"], found["cases"]


def decide(house: House, secret: str, application: str, score: str, until: float) -> dict[str, Any]:
    """Send until it is answered, as the documentation tells a caller to."""
    body = {"score": score, "outcome": "decline", "reason_codes": ["external_score"]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{house.port}/api/v1/applications/{application}/decisions",
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Api-Key {secret}",
            "Idempotency-Key": f"decide-{application}",
            "Content-Type": "application/json",
        },
    )
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code < 500 and (refused := json.load(error))["code"] != "request_in_flight":
                pytest.fail(f"{application}: {refused}")
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"no answer for {application}")


@pytest.mark.slow
def test_a_database_killed_under_its_callers_loses_no_acknowledged_decision(house: House) -> None:
    secret, cases = prepared(house)
    chance = random.Random(7)
    sends = [case for case in cases for _again in range(chance.randint(2, 5))]
    chance.shuffle(sends)
    until, acknowledged, lock = time.monotonic() + LONGEST, defaultdict(list), threading.Lock()
    kills = {len(sends) * (number + 1) // (KILLS + 1) for number in range(KILLS)}

    def one(case: list[str]) -> None:
        answer = decide(house, secret, *case, until)
        with lock:
            acknowledged[case[0]].append(answer)
            if sum(map(len, acknowledged.values())) in kills:
                os.kill(house.pids()["postgres"], signal.SIGKILL)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(one, sends))

    assert house.said().count("postgres runs again") == KILLS
    with house.database() as connection:
        rows = connection.execute("SELECT application_id, id FROM decisions_decision")
        stored = {str(application): str(decision) for application, decision in rows}
    assert len(stored) == KEYS
    for application, answers in acknowledged.items():
        assert {answer["id"] for answer in answers} == {stored[application]}
        assert all(answer == answers[0] for answer in answers)
