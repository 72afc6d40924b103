from datetime import timedelta

import pytest
from django.utils import timezone

from common import jobs
from common.errors import Unavailable
from common.models import Job, JobState

pytestmark = pytest.mark.django_db


@pytest.fixture
def handled(monkeypatch):
    """Jobs of the kind ``test``; the list holds the keys in the order they ran, ``behave`` what they do."""

    class Handled(list):
        behave = staticmethod(lambda job: None)

    calls = Handled()

    def run(job):
        calls.append(job.key)
        calls.behave(job)

    monkeypatch.setitem(jobs._handlers, "test", (run, timedelta(seconds=30)))
    return calls


def enqueue(key="a"):
    return jobs.enqueue(kind="test", key=key, payload={})


def test_job_runs_once(handled):
    job = enqueue()
    assert enqueue() == job
    assert jobs.run(job.id) == JobState.DONE
    assert jobs.run(job.id) is None
    assert handled == ["a"]


def test_transient_failure_is_tried_again_and_then_given_up(handled):
    def fail(job):
        raise jobs.TransientFailure("no model yet")

    handled.behave = fail
    job = enqueue()
    for attempt in range(1, jobs.MAX_ATTEMPTS + 1):
        Job.objects.update(run_after=timezone.now())
        state = jobs.run(job.id)
        assert state == (JobState.FAILED if attempt == jobs.MAX_ATTEMPTS else JobState.QUEUED)
    job.refresh_from_db()
    assert job.error == "no model yet"
    assert job.finished_at is not None


def test_refusal_fails_at_once_with_its_words(handled):
    def refuse(job):
        raise Unavailable("The bundle was altered.", code="bundle_tampered")

    handled.behave = refuse
    job = enqueue()
    assert jobs.run(job.id) == JobState.FAILED
    job.refresh_from_db()
    assert (job.error_code, job.error) == ("bundle_tampered", "The bundle was altered.")


def test_unexpected_error_keeps_no_personal_words(handled):
    def crash(job):
        raise ValueError("Jeanne Moreau, 4 rue des Lilas")

    handled.behave = crash
    job = enqueue()
    assert jobs.run(job.id) == JobState.QUEUED
    job.refresh_from_db()
    assert job.error == "ValueError"


def test_lapsed_lease_is_taken_over_and_the_late_worker_cannot_overwrite(handled):
    job = enqueue()
    first = jobs._claim(job.id)
    assert jobs._claim(job.id) is None
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert jobs.due() == [job.id]
    assert jobs.run(job.id) == JobState.DONE
    jobs._finish(first, JobState.FAILED, "late", "late")
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_failed_job_starts_afresh_when_asked_again(handled):
    job = enqueue()
    Job.objects.update(state=JobState.FAILED, attempts=5, error="x")
    again = enqueue()
    assert again.id == job.id
    assert (again.state, again.attempts, again.error) == (JobState.QUEUED, 0, "")
    Job.objects.update(state=JobState.FAILED)
    assert jobs.revive(kind="test") == 1


def test_unreachable_broker_costs_one_try_and_loses_nothing(handled, monkeypatch, django_capture_on_commit_callbacks):
    tries = []

    def refuse(*args, **kwargs):
        tries.append(kwargs)
        raise OSError("connection refused")

    monkeypatch.setattr("common.tasks.run_job.apply_async", refuse)
    monkeypatch.setattr(jobs, "_broker_paused_until", 0.0)
    with django_capture_on_commit_callbacks(execute=True):
        first, second = enqueue("a"), enqueue("b")
    assert tries == [{"retry": False}]
    assert set(jobs.due()) == {first.id, second.id}


def test_job_that_kills_its_workers_is_given_up(handled):
    job = enqueue()
    Job.objects.update(
        state=JobState.RUNNING, attempts=jobs.MAX_ATTEMPTS, lease_until=timezone.now() - timedelta(seconds=1)
    )
    assert jobs.run(job.id) is None
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "worker_lost")
    assert handled == []
    assert jobs.due() == []
