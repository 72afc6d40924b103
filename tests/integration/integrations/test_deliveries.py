import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from common import jobs, ledger
from common.actors import SYSTEM
from common.models import Job, JobState, LedgerEvent
from decisions.services import DecisionInput, decision_create
from integrations import deliveries, outbound, signing
from integrations.enums import DeliveryState, EndpointState, EventType
from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.policy import WAITS
from integrations.services import webhook_create, webhook_pause, webhook_resume
from tests.factories.accounts import BranchFactory, UserFactory
from tests.factories.explanations import ExplanationFactory
from tests.factories.scoring import ScoreFactory
from tests.integration.integrations.sending import application_in, letter_written, only, send_due, send_later, verified

pytestmark = pytest.mark.django_db


def test_a_decision_is_told_in_ids_and_signed(receiver, hooked, branch):
    _webhook, secret = hooked
    application = application_in(branch)
    score = ExplanationFactory(score=ScoreFactory(application=application)).score
    officer, data = UserFactory(branch=branch), DecisionInput(score.id, "decline", ["external_score"])
    decision = decision_create(application=application, data=data, user=officer)
    WebhookDelivery.objects.exclude(type=EventType.DECISION_RECORDED).delete()
    send_due()
    (sent,) = receiver.received
    assert verified(secret, sent)
    assert not verified(signing.new_secret(), sent)
    event = LedgerEvent.objects.get(facts__decision=str(decision.id), action="application.moved")
    ids = {"application": str(application.id), "decision": str(decision.id), "score": str(score.id)}
    content = json.loads(sent[2])
    assert content == {"type": "decision.recorded", "timestamp": event.occurred_at.isoformat(), "data": ids}
    assert sent[1]["webhook-id"] == f"msg_{event.id}"
    assert sent[1]["content-type"] == "application/json"
    assert application.applicant.last_name not in sent[2]
    assert (only().state, only().status, only().attempts) == (DeliveryState.DELIVERED, 204, 1)
    assert WebhookEndpoint.objects.get().last_success_at is not None


def test_the_delivery_falls_with_its_event(webhook, branch):
    application = application_in(branch)
    with transaction.atomic():
        letter_written(branch, application)
        assert WebhookDelivery.objects.count() == 1
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()
    assert not Job.objects.filter(kind=deliveries.SEND_JOB).exists()


def test_only_what_was_asked_for_of_the_own_branch(receiver, branch):
    other = BranchFactory()
    asked = {"url": receiver.url, "actor": SYSTEM}
    webhook_create(name="mine", events=["letter.ready"], branch=branch, **asked)
    webhook_create(name="other branch", events=["letter.ready"], branch=other, **asked)
    webhook_create(name="other events", events=["batch.finished"], branch=branch, **asked)
    webhook_create(name="all branches", events=["letter.ready"], branch=None, **asked)
    letter_written(branch)
    names = WebhookDelivery.objects.values_list("endpoint__name", flat=True)
    assert sorted(names) == ["all branches", "mine"]


def test_an_act_that_nobody_asks_for_is_not_told(webhook, branch):
    application = application_in(branch)
    with transaction.atomic():
        ledger.record(action="application.taken", subject=application, actor=SYSTEM)
    assert not WebhookDelivery.objects.exists()


def test_after_a_500_it_is_sent_again_under_the_same_id(receiver, webhook, branch):
    receiver.answers = [500]
    letter_written(branch)
    send_due()
    row = only()
    assert (row.state, row.status, row.error, row.failures) == (DeliveryState.WAITING, 500, "refused", 1)
    assert timedelta(seconds=3) < row.due_at - timezone.now() < timedelta(seconds=7)
    assert WebhookEndpoint.objects.get().failing_since is not None
    send_due()
    assert len(receiver.received) == 1, "its time has not come"
    send_later()
    assert only().state == DeliveryState.DELIVERED
    assert WebhookEndpoint.objects.get().failing_since is None
    assert len({headers["webhook-id"] for _path, headers, _body in receiver.received}) == 1


def test_what_is_never_accepted_is_given_up_and_sent_again_on_request(receiver, webhook, branch):
    receiver.answers = [503] * (2 * len(WAITS) + 2)
    letter_written(branch)
    letter_written(branch)
    for _attempt in range(len(WAITS) + 2):
        send_later()
    rows = WebhookDelivery.objects.all()
    assert {(row.state, row.attempts) for row in rows} == {(DeliveryState.DEAD, len(WAITS) + 1)}
    one, two = rows
    deliveries.delivery_resend(delivery=one, actor=SYSTEM)
    send_due()
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.state, two.state) == (DeliveryState.DELIVERED, DeliveryState.DEAD)
    assert deliveries.dead_resend(endpoint=webhook, actor=SYSTEM) == 1
    send_due()
    send_due()
    two.refresh_from_db()
    assert two.state == DeliveryState.DELIVERED
    assert not deliveries.dead_resend(endpoint=webhook, actor=SYSTEM)


def test_a_redirect_is_not_followed(receiver, webhook, branch):
    receiver.answers = [302]
    letter_written(branch)
    send_due()
    assert (only().status, only().error) == (302, "redirected")
    assert [path for path, _headers, _body in receiver.received] == ["/hook"]


def test_without_the_setting_this_machine_is_not_called(receiver, webhook, branch, settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    letter_written(branch)
    send_due()
    assert (only().error, only().status) == ("address_not_public", None)
    assert receiver.received == []


def test_an_endless_answer_is_cut(receiver, webhook, branch):
    receiver.how = "endless"
    letter_written(branch)
    send_due()
    assert (only().state, only().status) == (DeliveryState.DELIVERED, 204)
    assert only().duration_ms < 5000


def test_a_receiver_that_drips_is_cut_off(receiver, webhook, branch, monkeypatch):
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.4)
    receiver.how = "dripping"
    letter_written(branch)
    send_due()
    assert (only().error, only().status) == ("timeout", None)
    assert 350 <= only().duration_ms < 3000


def test_a_receiver_that_is_gone_is_disabled_and_its_events_wait(receiver, webhook, branch):
    receiver.answers = [410]
    letter_written(branch)
    send_due()
    webhook.refresh_from_db()
    assert webhook.state == EndpointState.DISABLED
    assert LedgerEvent.objects.filter(action="webhook.disabled", subject_id=webhook.id).count() == 1
    letter_written(branch)
    send_later()
    assert len(receiver.received) == 1
    webhook_resume(endpoint=webhook, actor=SYSTEM)
    send_due()
    send_due()
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {DeliveryState.DELIVERED}


def test_long_failure_disables(receiver, webhook, branch):
    receiver.answers = [500]
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=6))
    letter_written(branch)
    send_due()
    assert WebhookEndpoint.objects.get().state == EndpointState.DISABLED


def test_paused_nothing_is_sent_and_nothing_is_lost(receiver, webhook, branch):
    letter_written(branch)
    webhook_pause(endpoint=webhook, actor=SYSTEM)
    letter_written(branch)
    send_due()
    assert receiver.received == []
    webhook_resume(endpoint=webhook, actor=SYSTEM)
    send_due()
    send_due()
    assert len(receiver.received) == 2


def test_a_killed_worker_loses_nothing(receiver, webhook, branch, monkeypatch):
    letter_written(branch)

    def die(*_args):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(outbound, "post", die)
        with pytest.raises(SystemExit):
            send_due()
    job = Job.objects.get(kind=deliveries.SEND_JOB)
    assert (job.state, only().attempts) == (JobState.RUNNING, 0)
    send_due()
    assert receiver.received == [], "its lease still holds"
    Job.objects.filter(id=job.id).update(lease_until=timezone.now() - timedelta(seconds=1))
    send_due()
    assert (only().state, len(receiver.received)) == (DeliveryState.DELIVERED, 1)


def test_what_lost_its_job_is_found_and_old_deliveries_are_deleted(receiver, webhook, branch, settings):
    letter_written(branch)
    Job.objects.filter(kind=deliveries.SEND_JOB).update(state=JobState.FAILED)
    deliveries.keep()
    assert only().ticket == 1, "not long enough"
    WebhookDelivery.objects.update(due_at=timezone.now() - deliveries.OVERDUE * 2)
    deliveries.keep()
    send_due()
    assert only().state == DeliveryState.DELIVERED
    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(days=settings.WEBHOOK_KEEP_DAYS + 1))
    deliveries.keep()
    assert not WebhookDelivery.objects.exists()


def test_an_answer_that_comes_too_late_changes_nothing(receiver, webhook, branch):
    letter_written(branch)
    row = only()
    deliveries.delivery_resend(delivery=row, actor=SYSTEM)
    deliveries.deliver(delivery_id=row.id, ticket=row.ticket)
    assert receiver.received == [], "an old ticket is void"
    deliveries._settle(row.id, row.ticket, outbound.Answer(500, "refused", 1))
    assert only().failures == 0


def test_an_endpoint_is_called_for_one_delivery_at_a_time(receiver, webhook, branch, monkeypatch):
    nudged = []
    monkeypatch.setattr(jobs, "nudge", lambda job_id, kind: nudged.append(job_id))
    letter_written(branch)
    letter_written(branch)
    first, second = Job.objects.filter(kind=deliveries.SEND_JOB).order_by("run_after")
    WebhookEndpoint.objects.update(busy_until=timezone.now() + timedelta(seconds=30))
    assert jobs.run(first.id) == JobState.QUEUED
    assert (receiver.received, set(WebhookDelivery.objects.values_list("attempts", flat=True))) == ([], {0})
    WebhookEndpoint.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
    assert jobs.run(first.id) == JobState.DONE, "the turn of a worker that died lapses"
    assert nudged == [second.id], "whoever is done calls the next"
    assert WebhookEndpoint.objects.get().busy_until is None
