"""The main job through the API, with a real model: submit, score, explain, decide."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.db import connections

from applications.models import Application
from common import jobs
from common.models import Job
from decisions.models import Decision
from explanations.models import Explanation
from scoring.models import Score
from tests.factories.accounts import api_key
from tests.factories.applications import APPLICATION, credit_file
from tests.integration.api.conftest import problem_of

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
CLIENT = Path(__file__).parents[3] / "examples" / "client.py"
RISKY = APPLICATION | {"file": credit_file(EXT_SOURCE_1=0.02, EXT_SOURCE_2=0.01, EXT_SOURCE_3=0.02)}


def run_jobs():
    jobs.run_all_here(lambda _done: None)


def test_officer_s_journey(caller, champion):
    answer = caller.post("applications", RISKY)
    assert answer.status_code == 201, answer.content
    assert answer.json()["status"] == "scored"
    score = answer.json()["score"]
    assert 0 < score["probability_of_default"] < 1
    assert score["model_version"] == champion.version
    assert (score["policy_version"], score["file_version"]) == (1, 1)
    assert score["explanation"]["status"] == "pending"
    assert not Job.objects.filter(kind="score_application").exists()

    path = score["explanation"]["url"].removeprefix("/api/v1/")
    assert caller.get(path).json()["status"] == "pending"
    decision = {"score": score["id"], "outcome": "decline", "reason_codes": ["external_score"]}
    early = caller.post(f"applications/{answer.json()['id']}/decisions", decision)
    assert problem_of(early)["code"] == "explanation_pending"

    run_jobs()
    why = caller.get(path).json()
    assert why["status"] == "ready"
    total = why["base_value"] + sum(row["contribution"] for row in why["contributions"])
    assert total == pytest.approx(why["raw_margin"], abs=1e-9)
    assert 1 <= len(why["principal_reasons"]) <= 4
    assert all(row["label"] != row["feature"] for row in why["contributions"])
    french = caller.get(f"{path}?language=fr").json()
    assert french["principal_reasons"] != why["principal_reasons"]
    assert [row["contribution"] for row in french["contributions"]] == [
        row["contribution"] for row in why["contributions"]
    ]

    record = caller.get(f"applications/{answer.json()['id']}").json()
    assert record["status"] == "explained"
    assert record["score"]["explanation"]["status"] == "ready"
    codes = [reason["reason_code"] for reason in why["principal_reasons"]]
    decided = caller.post(f"applications/{record['id']}/decisions", decision | {"reason_codes": codes})
    assert decided.status_code == 201, decided.content
    assert decided.json()["reasons"] == why["principal_reasons"]
    assert Decision.objects.count() == 1


def test_new_file_gets_a_new_score_and_the_old_one_is_stale(caller, champion):
    first = caller.post("applications", APPLICATION).json()
    caller.post(f"applications/{first['id']}/files", {"file": RISKY["file"]})
    again = caller.post(f"applications/{first['id']}/scores").json()
    assert again["file_version"] == 2
    assert again["probability_of_default"] > first["score"]["probability_of_default"]
    assert caller.post(f"applications/{first['id']}/scores").json()["id"] == again["id"]
    run_jobs()
    response = caller.post(
        f"applications/{first['id']}/decisions", {"score": first["score"]["id"], "outcome": "approve"}
    )
    assert problem_of(response)["code"] == "stale_score"


def test_worker_scores_what_did_not_ask_for_it(caller, champion):
    submitted = caller.post("applications", APPLICATION | {"score": False}).json()
    assert not Score.objects.exists()
    run_jobs()
    record = caller.get(f"applications/{submitted['id']}").json()
    assert record["status"] == "explained"
    assert record["score"]["id"] == str(Score.objects.get().id)


def test_score_at_once_and_later_are_equal(caller, champion):
    caller.post("applications", APPLICATION)
    caller.post("applications", APPLICATION | {"score": False, "external_id": "later"})
    run_jobs()
    first, second = Score.objects.order_by("id")
    assert (first.raw_margin, first.features) == (second.raw_margin, second.features)


def test_model_shows_its_manifest_and_card(caller, champion):
    body = caller.get(f"models/{champion.version}").json()
    assert body["state"] == "champion"
    assert body["checksum"] == champion.checksum
    assert body["manifest"]["version"] == champion.version
    assert champion.version in body["card"]


def test_altered_bundle_scores_nothing(caller, champion, bundle_copy):
    (bundle_copy / "model.txt").write_bytes((bundle_copy / "model.txt").read_bytes() + b" ")
    response = caller.post("applications", APPLICATION, key="k1")
    assert response.status_code == 503
    assert problem_of(response)["code"] == "bundle_tampered"
    assert not Application.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_example_client_prints_the_reasons(live_server, branch, champion, tmp_path):
    document = tmp_path / "application.json"
    document.write_text(json.dumps(RISKY))
    environment = {"PORTAL_URL": live_server.url, "PORTAL_KEY": api_key(branch=branch)[1]}
    stop = threading.Event()

    def worker():
        while not stop.wait(timeout=0.1):
            run_jobs()
        connections.close_all()

    thread = threading.Thread(target=worker)
    thread.start()
    try:
        ran = subprocess.run(
            [sys.executable, str(CLIENT), str(document)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        again = subprocess.run(
            [sys.executable, str(CLIENT), str(document)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        stop.set()
        thread.join(timeout=20)

    assert ran.returncode == 0, ran.stderr
    assert f"grade {Score.objects.get().risk_grade}" in ran.stdout
    assert [f"- {row['text']['en']}" for row in Explanation.objects.get().principal_reasons] == ran.stdout.splitlines()[
        1:
    ]
    assert again.returncode == 1
    assert json.loads(again.stderr)["code"] == "external_id_taken"
