"""A score replays to the last bit, or the replay says exactly what differs."""

import io
import json
from math import nextafter
from pathlib import Path
from typing import Any

import pgtrigger
import pytest
from django.core.management import CommandError, call_command
from django.db.models import QuerySet

from applications.models import CreditFile
from common import crypto
from common.actors import SYSTEM
from decisions.models import Decision
from decisions.replay import ReplayState, replay
from decisions.selectors import decisions_to_replay
from decisions.services import DecisionInput, decision_create
from explanations.services import explanation_create
from scoring import registry
from scoring.models import ModelVersion, Policy, Score
from scoring.services import score_create
from tests.factories.accounts import UserFactory
from tests.factories.applications import ApplicationFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def score(champion: ModelVersion) -> Score:
    made = score_create(application=ApplicationFactory(), actor=SYSTEM)
    explanation_create(score_id=made.id, actor=SYSTEM)
    return fresh(made)


def fresh(score: Score) -> Score:
    return Score.objects.get(id=score.id)


def past_the_portal(rows: Any, **values: Any) -> None:
    with pgtrigger.ignore():
        assert QuerySet.update(rows, **values) == 1


def names(score: Score) -> set[str]:
    return {item.name for item in replay(fresh(score)).differences}


def test_untouched_score_is_equal(score: Score) -> None:
    found = replay(score)
    assert (found.state, found.differences, found.notes) == (ReplayState.EQUAL, [], [])


def test_the_smallest_change_is_named_with_both_values(score: Score) -> None:
    other = nextafter(score.raw_margin, 9.0)
    past_the_portal(Score.objects.filter(id=score.id), raw_margin=other)
    found = replay(fresh(score))
    assert found.state == ReplayState.DIFFERENT
    (item,) = found.differences
    assert (item.name, item.stored, item.replayed) == ("raw_margin", other, score.raw_margin)
    assert item.difference == score.raw_margin - other != 0


def test_changed_policy_is_named(score: Score) -> None:
    past_the_portal(Policy.objects.filter(id=score.policy_id), cutoff=0.9)
    assert "cutoff" in names(score)


def test_changed_feature_is_named(score: Score) -> None:
    past_the_portal(Score.objects.filter(id=score.id), features=score.features | {"AMT_CREDIT": 1.5})
    assert names(score) == {"features.AMT_CREDIT"}


def test_another_file_under_the_same_hash_is_a_difference(score: Score) -> None:
    file = score.credit_file
    sealed = crypto.encrypt(file.application.applicant.subject_key, json.dumps({"application": {}}).encode(), file.id)
    past_the_portal(CreditFile.objects.filter(id=file.id), document_encrypted=sealed)
    found = replay(fresh(score))
    assert found.state == ReplayState.DIFFERENT
    assert [item.name for item in found.differences] == ["credit_file"]
    assert "does not match its hash" in found.notes[0]


def test_erased_person_replays_from_the_stored_features(score: Score) -> None:
    crypto.subject_key_destroy(subject_key=score.application.applicant.subject_key)
    found = replay(fresh(score))
    assert (found.state, found.differences) == (ReplayState.EQUAL, [])
    assert "erased" in found.notes[0]
    past_the_portal(Score.objects.filter(id=score.id), score_points=1)
    assert names(score) == {"score_points"}


def test_changed_bundle_is_refused(score: Score, bundle_copy: Path) -> None:
    registry._models.clear()
    model = bundle_copy / "model.txt"
    model.write_bytes(model.read_bytes().replace(b"leaf_value=", b"leaf_value=9", 1))
    found = replay(fresh(score))
    assert found.state == ReplayState.IMPOSSIBLE
    assert found.notes


def test_missing_bundle_is_said(score: Score, settings: Any, tmp_path: Path) -> None:
    registry._models.clear()
    settings.BUNDLE_DIR = tmp_path / "empty"
    assert replay(fresh(score)).state == ReplayState.IMPOSSIBLE


def test_score_of_another_bundle_is_impossible(score: Score) -> None:
    past_the_portal(Score.objects.filter(id=score.id), bundle_checksum="0" * 64)
    assert replay(fresh(score)).state == ReplayState.IMPOSSIBLE
    assert names(score) == {"bundle_checksum"}


def decided(score: Score) -> Decision:
    application = score.application
    outcome = "decline" if score.is_over_cutoff else "approve"
    code = score.explanation.principal_reasons[0]["reason_code"] if outcome == "decline" else ""
    user = UserFactory(branch=application.branch, senior=True)
    data = DecisionInput(score.id, outcome, [code] if code else [])
    made = decision_create(application=application, data=data, user=user)
    assert isinstance(made, Decision)
    return made


def test_command_replays_all_and_fails_on_a_difference(score: Score) -> None:
    decided(score)
    out = io.StringIO()
    call_command("replay", "--all", "--since", "2020-01-01", "--limit", "5", stdout=out)
    assert "1 equal, 0 different, 0 impossible" in out.getvalue()
    past_the_portal(Score.objects.filter(id=score.id), score_points=1)
    errors = io.StringIO()
    with pytest.raises(CommandError):
        call_command("replay", "--all", stdout=out, stderr=errors)
    assert "score_points" in errors.getvalue()
    with pytest.raises(CommandError, match="YYYY-MM-DD"):
        call_command("replay", "--all", "--since", "2026-99-01")


def test_summary_is_json_and_progress_stands_apart(score: Score, monkeypatch: pytest.MonkeyPatch) -> None:
    decided(score)
    monkeypatch.setattr("decisions.management.commands.replay.EVERY", 1)
    out, errors = io.StringIO(), io.StringIO()
    call_command("replay", "--all", "--json", stdout=out, stderr=errors)
    said = json.loads(out.getvalue())
    assert (said["replayed"], said["equal"], said["different"], said["impossible"]) == (1, 1, 0, 0)
    assert said["not_equal"] == []
    assert said["peak_megabytes"] > 0
    assert "1 replayed in" in errors.getvalue()

    past_the_portal(Score.objects.filter(id=score.id), raw_margin=nextafter(score.raw_margin, 9))
    out = io.StringIO()
    with pytest.raises(CommandError) as failed:
        call_command("replay", "--all", "--json", stdout=out, stderr=errors)
    assert failed.value.returncode == 1
    (named,) = json.loads(out.getvalue())["not_equal"]
    assert (named["state"], named["differences"]) == ("different", ["raw_margin"])


@pytest.mark.parametrize(
    "arguments", [["--since", "2026-99-01"], ["--limit", "0"], ["--limit", "-3"], ["--limit", "x"]]
)
def test_a_wrong_call_is_refused(arguments: list[str], db: None) -> None:
    with pytest.raises(CommandError):
        call_command("replay", "--all", *arguments)


def test_parts_are_joined_without_loss(score: Score, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [decided(score)]
    for _number in range(4):
        other = score_create(application=ApplicationFactory(), actor=SYSTEM)
        explanation_create(score_id=other.id, actor=SYSTEM)
        made.append(decided(fresh(other)))
    monkeypatch.setattr("decisions.selectors.REPLAYED_AT_ONCE", 2)
    assert [row.id for row in decisions_to_replay()] == [row.id for row in made]
    assert [row.id for row in decisions_to_replay(limit=3)] == [row.id for row in made[:3]]
    assert [row.id for row in decisions_to_replay(limit=2)] == [row.id for row in made[:2]]
