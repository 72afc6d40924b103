"""Who may call what: every address with every scope, other branches, and keys that no longer hold."""

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import ApiKey, User
from creditportal.api import v1
from tests.factories.accounts import UserFactory, api_key
from tests.factories.explanations import ExplanationFactory
from tests.factories.scoring import ModelVersionFactory
from tests.integration.api.conftest import Caller, problem_of

pytestmark = pytest.mark.django_db

SCOPES = {
    ("GET", "applications"): Scope.APPLICATIONS_READ,
    ("POST", "applications"): Scope.APPLICATIONS_WRITE,
    ("GET", "applications/{application}"): Scope.APPLICATIONS_READ,
    ("POST", "applications/{application}/files"): Scope.APPLICATIONS_WRITE,
    ("POST", "applications/{application}/scores"): Scope.SCORES_WRITE,
    ("POST", "applications/{application}/decisions"): Scope.DECISIONS_WRITE,
    ("GET", "applications/{application}/evidence"): Scope.DECISIONS_READ,
    ("GET", "scores/{score}/explanation"): Scope.SCORES_READ,
    ("GET", "decisions"): Scope.DECISIONS_READ,
    ("GET", "decisions/{decision}"): Scope.DECISIONS_READ,
    ("POST", "outcomes"): Scope.OUTCOMES_WRITE,
    ("GET", "batches"): Scope.BATCHES_READ,
    ("POST", "batches"): Scope.BATCHES_WRITE,
    ("GET", "batches/{batch}"): Scope.BATCHES_READ,
    ("POST", "batches/{batch}/cancel"): Scope.BATCHES_WRITE,
    ("GET", "batches/{batch}/results"): Scope.BATCHES_READ,
    ("GET", "batches/{batch}/errors"): Scope.BATCHES_READ,
    ("GET", "webhooks"): Scope.WEBHOOKS_READ,
    ("POST", "webhooks"): Scope.WEBHOOKS_WRITE,
    ("GET", "webhooks/{webhook}"): Scope.WEBHOOKS_READ,
    ("POST", "webhooks/{webhook}/rotate"): Scope.WEBHOOKS_WRITE,
    ("POST", "webhooks/{webhook}/pause"): Scope.WEBHOOKS_WRITE,
    ("POST", "webhooks/{webhook}/resume"): Scope.WEBHOOKS_WRITE,
    ("POST", "webhooks/{webhook}/retire"): Scope.WEBHOOKS_WRITE,
    ("GET", "webhooks/{webhook}/deliveries"): Scope.WEBHOOKS_READ,
    ("POST", "webhooks/{webhook}/deliveries/{delivery}/resend"): Scope.WEBHOOKS_WRITE,
    ("GET", "models"): Scope.MODELS_READ,
    ("GET", "models/{model}"): Scope.MODELS_READ,
}
CALLS = pytest.mark.parametrize(("method", "path"), SCOPES.keys(), ids=[" ".join(call) for call in SCOPES])


@pytest.fixture
def ids(branch):
    explanation = ExplanationFactory(score__application__applicant__branch=branch)
    return {
        "application": explanation.score.application_id,
        "score": explanation.score_id,
        "decision": uuid.uuid4(),
        "batch": uuid.uuid4(),
        "webhook": uuid.uuid4(),
        "delivery": uuid.uuid4(),
        "model": ModelVersionFactory().version,
    }


def call(caller, method, path):
    return caller.get(path) if method == "GET" else caller.post(path, {})


def test_every_address_is_in_the_table():
    declared = {
        (method, re.sub(r"<[^>]*>", "{}", pattern.pattern._route))
        for pattern in v1
        for method in pattern.callback.cls.scopes
    }
    assert declared == {(method, re.sub(r"{[^}]*}", "{}", path)) for method, path in SCOPES}


@CALLS
def test_only_the_scope_of_the_call_opens_it(branch, ids, method, path):
    needed = SCOPES[method, path]
    with_it = Caller(api_key(branch=branch, scopes=[needed])[1])
    without = Caller(api_key(branch=branch, scopes=set(Scope.values) - {needed})[1])

    assert problem_of(call(without, method, path.format(**ids)))["code"] == "permission_denied"
    assert call(without, method, path.format(**ids)).status_code == 403
    answer = call(with_it, method, path.format(**ids))
    assert answer.status_code not in (401, 403) or problem_of(answer)["code"] == "person_required"


@CALLS
@pytest.mark.parametrize(
    "sent", [{}, {"Authorization": "Api-Key"}, {"Authorization": "Api-Key a b"}, {"Authorization": "Basic eA=="}]
)
def test_caller_without_a_good_key_is_asked_for_one(db, ids, method, path, sent):
    stranger = Caller(None)
    stranger.headers = sent
    response = call(stranger, method, path.format(**ids))
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Api-Key"
    assert problem_of(response)["code"] in ("not_authenticated", "authentication_failed")


@pytest.mark.parametrize("secret", ["", ".", "x.y", "{prefix}.wrong", "{prefix}", "{prefix}.", "é.é", "a" * 5000])
def test_wrong_secret_is_refused(branch, secret):
    key, _text = api_key(branch=branch)
    assert Caller(secret.format(prefix=key.prefix) or " ").get("applications").status_code == 401


def test_expired_revoked_or_orphaned_key_is_refused(branch, officer):
    key, text = api_key(branch=branch, acts_for=officer)
    caller = Caller(text)
    assert caller.get("applications").status_code == 200
    now = timezone.now()
    for change in ({"expires_at": now - timedelta(seconds=1)}, {"revoked_at": now}):
        ApiKey.objects.filter(id=key.id).update(**change)
        assert caller.get("applications").status_code == 401
        ApiKey.objects.filter(id=key.id).update(**dict.fromkeys(change))
    User.objects.filter(id=officer.id).update(is_active=False)
    assert caller.get("applications").status_code == 401


def test_person_s_session_opens_nothing(officer):
    client = Client()
    client.force_login(officer)
    assert client.get("/api/v1/applications").status_code == 401


@CALLS
def test_other_branch_s_objects_do_not_exist(stranger, ids, method, path):
    if "{application}" in path or "{score}" in path:
        response = call(stranger, method, path.format(**ids))
        assert response.status_code == 404
        assert problem_of(response)["code"] == "not_found"


@CALLS
def test_other_methods_are_refused(caller, ids, method, path):
    for other in {"get", "post", "put", "patch", "delete"} - {m.lower() for m, p in SCOPES if p == path}:
        response = getattr(caller.client, other)(f"/api/v1/{path.format(**ids)}", headers=caller.headers)
        assert response.status_code == 405
        assert method in response["Allow"]
        assert problem_of(response)["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    "path",
    ["", "applications/", "nothing", "applications/1", "scores", "models/none", "models/%00", "models/a%0Ab", "../v2"],
)
def test_unknown_address_is_a_problem_too(caller, path):
    response = caller.get(path)
    assert response.status_code == 404
    assert problem_of(response)["code"] == "not_found"


def test_only_json_is_given(caller):
    assert caller.get("applications", Accept="text/html").status_code == 406
    assert caller.get("applications", Accept="*/*")["Cache-Control"] == "no-store"


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.RISK, Role.ADMINISTRATOR])
def test_key_of_somebody_who_may_not_decide_is_refused(branch, ids, role):
    person = UserFactory(branch=branch, role=role)
    caller = Caller(api_key(branch=branch, acts_for=person)[1])
    body = {"score": str(ids["score"]), "outcome": "approve"}
    assert caller.post(f"applications/{ids['application']}/decisions", body).status_code == 403
