"""The receiver of the documentation, as it is."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import transaction

from common import jobs, ledger
from common.actors import SYSTEM
from common.models import Job
from integrations import deliveries, outbound, signing, tasks
from integrations.models import WebhookDelivery
from integrations.services import webhook_create
from tests.factories.applications import ApplicationFactory

pytestmark = pytest.mark.django_db
assert tasks  # what a worker imports: it registers what runs the jobs
SCRIPT = Path(__file__).resolve().parents[3] / "examples" / "webhook_receiver.py"
RULES = outbound.Rules.of(["127.0.0.1/32"], plain_http=True)
BODY = '{"type":"letter.ready","data":{}}'


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def hook(port, settings):
    settings.WEBHOOK_ALLOWED_NETWORKS, settings.WEBHOOK_ALLOW_HTTP = ["127.0.0.1/32"], True
    url = f"http://127.0.0.1:{port}/"
    return webhook_create(name="example", url=url, events=["letter.ready"], branch=None, actor=SYSTEM)


@pytest.fixture
def running(hook, port):
    environment = os.environ | {"WEBHOOK_SECRET": hook[1]}
    process = subprocess.Popen([sys.executable, SCRIPT, str(port)], env=environment, stdout=subprocess.PIPE, text=True)
    for _attempt in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield process
    process.terminate()
    process.wait(timeout=10)
    process.stdout.close()


def test_a_delivery_is_accepted_once(hook, running):
    application = ApplicationFactory()
    with transaction.atomic():
        ledger.record(action="notice.written", subject=application, actor=SYSTEM)
    delivery = WebhookDelivery.objects.get()
    jobs.run(Job.objects.get(kind=deliveries.SEND_JOB).id)
    deliveries.delivery_resend(delivery=delivery, actor=SYSTEM)
    jobs.run(Job.objects.filter(kind=deliveries.SEND_JOB).latest("id").id)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.status) == ("delivered", 2, 204)
    running.terminate()
    assert running.communicate()[0] == f"letter.ready {{'application': '{application.id}'}}\n"


@pytest.mark.parametrize("change", ["secret", "body", "time", "missing"])
def test_what_is_not_the_portals_is_refused(hook, running, change):
    webhook, secret = hook
    sent_at = int(time.time()) - (600 if change == "time" else 0)
    keys = [signing.new_secret() if change == "secret" else secret]
    headers = signing.headers("msg_1", sent_at, BODY, keys) if change != "missing" else {}
    body = BODY.replace("letter", "better") if change == "body" else BODY
    assert outbound.post(webhook.url, body.encode(), headers, RULES).status == 400
    genuine = signing.headers("msg_2", int(time.time()), BODY, [secret])
    assert outbound.post(webhook.url, BODY.encode(), genuine, RULES).status == 204
