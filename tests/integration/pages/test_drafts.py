"""What is typed into a new application is kept for its officer until it is submitted, deleted or too old."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from applications.erasure import applicant_erase
from applications.intake.drafts import Slip, draft_lock, drafts_expire, slip_read
from applications.models import Application, Draft
from common.actors import SYSTEM
from common.models import Job, LedgerEvent, SubjectKey
from tests.integration.pages.test_intake import NEW, answers

SignIn = Callable[[User], Client]
SAVE = "/applications/drafts/save/"
TYPED = {"first_name": "Anaïs", "last_name": "Le Goff", "AMT_CREDIT": "plenty", "DAYS_EMPLOYED__not_applicable": "on"}


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.jobs.nudge", lambda job_id, kind: None)


def slip_in(page: Any) -> str:
    found = re.search(r'name="slip" value="([^"]+)"', page.content.decode())
    assert found
    return found[1]


def address_in(page: Any) -> str:
    found = re.search(r'<form method="post" action="([^"]+)" novalidate', page.content.decode())
    assert found
    return found[1].replace("&amp;", "&")


@pytest.fixture
def form(signed_in: SignIn, officer: User) -> Any:
    client = signed_in(officer)
    return client, client.get(NEW)


def test_opening_the_form_writes_nothing(form: Any) -> None:
    assert form[1].status_code == 200
    assert not Draft.objects.exists()


def test_typing_saves_and_the_draft_is_resumed_with_what_was_wrong_too(form: Any, is_strict: Any) -> None:
    client, page = form
    said = client.post(SAVE, TYPED | {"slip": slip_in(page)}, headers={"HX-Request": "true"})
    assert "Draft saved:" in said.content.decode()
    again = client.get(address_in(page)).content.decode()
    for part in ('value="Anaïs"', 'value="Le Goff"', 'value="plenty"'):
        assert part in again
    assert re.search(r'name="DAYS_EMPLOYED__not_applicable"[^>]*checked', again)
    assert not Application.objects.exists()
    assert not Job.objects.exists()
    listed = client.get(reverse("applications:draft-list"))
    assert "Anaïs Le Goff" in listed.content.decode()
    is_strict(listed)


def test_the_button_saves_without_script(form: Any) -> None:
    client, page = form
    response = client.post(SAVE, TYPED | {"slip": slip_in(page)}, follow=True)
    assert "The draft was saved" in response.content.decode()
    assert 'value="plenty"' in response.content.decode()


def test_what_was_typed_is_not_readable_in_the_database(form: Any) -> None:
    client, page = form
    client.post(SAVE, TYPED | {"slip": slip_in(page), "unknown_field": "x"})
    draft = Draft.objects.get()
    assert b"Goff" not in bytes(draft.content_encrypted or b"")
    assert all("Goff" not in str(event.facts) for event in LedgerEvent.objects.all())


def test_a_colleague_cannot_open_save_or_delete_it(form: Any, signed_in: SignIn, senior: User) -> None:
    client, page = form
    client.post(SAVE, TYPED | {"slip": slip_in(page)})
    draft = Draft.objects.get()
    other = signed_in(senior)
    assert other.get(address_in(page)).status_code == 404
    assert other.post(address_in(page), answers()).status_code == 404
    assert other.post(SAVE, {"slip": slip_in(page)}).status_code == 422
    assert other.post(reverse("applications:draft-delete", args=[draft.id])).status_code == 404
    assert "Le Goff" not in other.get(reverse("applications:draft-list")).content.decode()
    assert Draft.objects.get().saved_at == draft.saved_at


def test_submitting_empties_the_draft_and_twice_makes_one_application(form: Any) -> None:
    client, page = form
    client.post(SAVE, TYPED | {"slip": slip_in(page)})
    key = Draft.objects.get().subject_key_id
    first = client.post(address_in(page), answers(slip=slip_in(page)))
    second = client.post(address_in(page), answers(slip=slip_in(page)))
    assert first.headers["Location"] == second.headers["Location"]
    assert Application.objects.count() == 1
    draft = Draft.objects.get()
    assert draft.content_encrypted is None
    assert not SubjectKey.objects.filter(id=key).exists()
    assert "Le Goff" not in client.get(reverse("applications:draft-list")).content.decode()
    late = client.post(SAVE, TYPED | {"slip": slip_in(page)}, headers={"HX-Request": "true"})
    assert "submitted already" in late.content.decode()
    assert client.get(address_in(page)).headers["Location"] == first.headers["Location"]


def test_a_refused_form_is_kept_as_a_draft(form: Any) -> None:
    client, page = form
    assert client.post(address_in(page), answers(AMT_CREDIT="plenty")).status_code == 422
    assert 'value="plenty"' in client.get(address_in(page)).content.decode()


def test_nothing_is_lost_when_the_session_ended(form: Any, officer: User) -> None:
    client, page = form
    client.logout()
    typed_on = client.post(SAVE, {"slip": slip_in(page), "first_name": "Yaëlle"}, headers={"HX-Request": "true"})
    assert "You are signed out" in typed_on.content.decode()
    sent = client.post(address_in(page), TYPED | {"slip": slip_in(page)})
    assert sent.headers["Location"].startswith(reverse("account_login"))
    assert "draft%3D" in sent.headers["Location"]
    assert "Goff" not in sent.headers["Location"]
    client.force_login(officer)
    assert 'value="Le Goff"' in client.get(address_in(page)).content.decode()


@pytest.mark.parametrize("slip", ["", "nonsense", "a:b:c"])
def test_a_visitor_without_a_slip_of_ours_keeps_nothing(slip: str, db: None) -> None:
    assert Client().post(SAVE, TYPED | {"slip": slip}).headers["Location"].startswith(reverse("account_login"))
    assert not Draft.objects.exists()


def test_a_slip_of_a_person_who_left_keeps_nothing(form: Any, officer: User) -> None:
    _client, page = form
    type(officer).objects.filter(pk=officer.pk).update(is_active=False)
    assert Client().post(SAVE, TYPED | {"slip": slip_in(page)}).status_code == 302
    assert not Draft.objects.exists()


def test_delete_by_hand(form: Any) -> None:
    client, page = form
    client.post(SAVE, TYPED | {"slip": slip_in(page)})
    key = Draft.objects.get().subject_key_id
    client.post(reverse("applications:draft-delete", args=[Draft.objects.get().id]))
    assert not Draft.objects.exists()
    assert not SubjectKey.objects.filter(id=key).exists()
    assert LedgerEvent.objects.filter(action="draft.discarded").count() == 1


def test_the_scheduler_takes_the_old_ones_only(form: Any, settings: Any) -> None:
    client, page = form
    client.post(SAVE, TYPED | {"slip": slip_in(page)})
    assert drafts_expire() == 0
    Draft.objects.update(saved_at=timezone.now() - timedelta(days=settings.RETENTION["draft_days"], seconds=1))
    assert "Le Goff" not in client.get(reverse("applications:draft-list")).content.decode()
    assert drafts_expire() == 1
    assert not Draft.objects.exists()


def test_erasing_a_person_takes_the_drafts_about_them(signed_in: SignIn, officer: User, case: Application) -> None:
    client = signed_in(officer)
    page = client.get(f"{NEW}&applicant={case.applicant_id}")
    client.post(SAVE, {"AMT_CREDIT": "100000", "slip": slip_in(page)})
    assert Draft.objects.get().applicant_id == case.applicant_id
    applicant_erase(applicant=case.applicant, actor=SYSTEM, ground="asked")
    assert not Draft.objects.exists()


def test_too_much_is_refused_in_words(form: Any) -> None:
    client, page = form
    response = client.post(SAVE, {"slip": slip_in(page), "first_name": "x" * (2 * 1024 * 1024 + 1)})
    assert response.status_code == 422
    assert "too much for one draft" in response.content.decode()
    assert not Draft.objects.exists()


def test_no_draft_means_unknown(form: Any) -> None:
    client, page = form
    slip = slip_read(slip_in(page))
    assert isinstance(slip, Slip)
    with pytest.raises(Exception, match="No such draft"):
        draft_lock(slip)
    assert client.get(f"{NEW}&draft=nonsense").status_code == 404
