import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from common import jobs, tasks
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
    assert tries == [{"retry": False, "expires": None, "queue": "celery", "priority": 0}]
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


def test_job_that_is_not_its_turn_waits_without_losing_an_attempt(handled):
    def give_way(job):
        raise jobs.NotItsTurn

    handled.behave = give_way
    job = enqueue()
    for _attempt in range(jobs.MAX_ATTEMPTS + 1):
        assert jobs.run(job.id) == JobState.QUEUED
    job.refresh_from_db()
    assert (job.attempts, job.lease_until) == (0, None)
    handled.behave = lambda job: None
    assert jobs.run(job.id) == JobState.DONE


def test_a_long_line_of_one_way_hides_nothing_of_another(handled, monkeypatch):
    monkeypatch.setattr(jobs, "DUE_AT_ONCE", 2)
    kinds = ["score_batch_chunk"] * 3 + ["webhooks.send"] * 3 + ["test"]
    made = [jobs.enqueue(kind=kind, key=str(number), payload={}) for number, kind in enumerate(kinds)]
    found = jobs.waiting()
    assert sorted(kind for _id, kind in found) == sorted(["score_batch_chunk"] * 2 + ["webhooks.send"] * 2 + ["test"])
    assert (made[-1].id, "test") in found


@pytest.mark.parametrize(
    ("kind", "queue", "priority"),
    [("score_application", "celery", 0), ("score_batch_chunk", "celery", 9), ("webhooks.send", "deliveries", 0)],
)
def test_each_kind_goes_its_way(kind, queue, priority, monkeypatch):
    sent = []
    monkeypatch.setattr("common.tasks.run_job.apply_async", lambda *_args, **options: sent.append(options))
    monkeypatch.setattr(jobs, "_broker_paused_until", 0.0)
    jobs.nudge(uuid.uuid4(), kind)
    assert (sent[0]["queue"], sent[0]["priority"]) == (queue, priority)


def test_the_reconciler_heaps_up_no_nudges(handled, monkeypatch):
    sent = []
    monkeypatch.setattr("common.tasks.run_job.apply_async", lambda *_args, **options: sent.append(options))
    monkeypatch.setattr(jobs, "_broker_paused_until", 0.0)
    enqueue()
    tasks.reconcile_jobs()
    assert [options["expires"] for options in sent] == [tasks.EVERY]


def test_the_settings_name_only_kinds_there_are(settings):
    jobs.autodiscover_modules("tasks")
    assert set(settings.JOB_QUEUES) | set(settings.JOBS_LAST) | set(settings.JOBS_LONG) <= set(jobs._handlers)


@pytest.fixture
def long_jobs(handled, settings, monkeypatch):
    """Two long ones of which one may run, and what is nudged."""
    settings.JOBS_LONG, settings.LONG_JOBS_AT_ONCE = ["test"], 1
    nudged = []
    monkeypatch.setattr(jobs, "nudge", lambda job_id, _kind: nudged.append(job_id))
    return enqueue("a"), enqueue("b"), nudged


def test_long_jobs_leave_a_place_and_the_one_that_ends_calls_the_next(handled, long_jobs):
    first, second, nudged = long_jobs

    def meanwhile(job):
        assert jobs.run(second.id) is None
        assert second.id in jobs.due()

    handled.behave = meanwhile
    assert jobs.run(first.id) == JobState.DONE
    assert (handled, nudged) == (["a"], [second.id])
    handled.behave = lambda job: None
    assert jobs.run(second.id) == JobState.DONE
    assert nudged == [second.id]


def test_a_long_job_that_fails_calls_the_next_too(handled, long_jobs):
    first, second, nudged = long_jobs

    def refuse(job):
        raise Unavailable("no", code="no")

    handled.behave = refuse
    assert jobs.run(first.id) == JobState.FAILED
    assert nudged == [second.id]


def test_a_long_job_whose_worker_died_holds_no_place(handled, long_jobs):
    first, second, _nudged = long_jobs
    Job.objects.filter(id=first.id).update(state=JobState.RUNNING, lease_until=timezone.now() - timedelta(seconds=1))
    assert jobs.run(second.id) == JobState.DONE


def test_a_command_waits_for_the_place_a_worker_has(handled, long_jobs, monkeypatch):
    first, _second, _nudged = long_jobs
    Job.objects.filter(id=first.id).update(state=JobState.RUNNING, lease_until=timezone.now() + timedelta(minutes=1))
    pauses = []

    def pause(seconds):
        pauses.append(seconds)
        Job.objects.filter(id=first.id).update(state=JobState.DONE)

    monkeypatch.setattr(jobs.time, "sleep", pause)
    assert jobs.run_all_here(lambda _done: None) == 1
    assert (handled, pauses) == (["b"], [jobs.PAUSE_SECONDS])


@pytest.mark.django_db(transaction=True)
def test_two_that_ask_at_once_do_not_both_get_the_last_place(handled, long_jobs):
    first, second, _nudged = long_jobs
    begun, found = threading.Barrier(2), []

    def claim(job):
        try:
            begun.wait(5)
            found.append(jobs._claim(job.id))
        finally:
            connections.close_all()

    asking = [threading.Thread(target=claim, args=(job,)) for job in (first, second)]
    for each in asking:
        each.start()
    for each in asking:
        each.join(10)
    assert sum(job is not None for job in found) == 1
