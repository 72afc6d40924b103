"""An officer decides on the case page, a senior answers an override; nothing typed is lost on the way."""

from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import User
from applications.enums import Status
from applications.models import Application
from common.models import Job, JobState, LedgerEvent
from decisions.models import Decision, Override, Referral
from decisions.services import DecisionInput, decision_create, referral_create
from tests.factories.scoring import PolicyFactory, ScoreFactory

SignIn = Callable[[User], Client]
NewCase = Callable[..., Application]
NOTE = "The payslips of June do not match."


def typed(case: Application, **fields: Any) -> dict[str, Any]:
    return {"score_id": str(case.scores.latest("id").id), "outcome": "decline", "note": "", **fields}


def send(client: Client, case: Application, **fields: Any) -> Any:
    return client.post(reverse("decisions:case-decide", args=[case.id]), typed(case, **fields))


def text_of(response: Any) -> str:
    return str(response.content.decode())


def test_decline_is_shown_in_full_then_confirmed_once(
    signed_in: SignIn, officer: User, case: Application, is_strict: Any
) -> None:
    client = signed_in(officer)
    shown = send(client, case, reason_codes=["external_score"])
    assert shown.status_code == 200
    assert "This is final" in text_of(shown)
    assert "Low external score" in text_of(shown)
    assert not Decision.objects.exists()
    is_strict(shown)
    recorded = send(client, case, reason_codes=["external_score"], step="confirmed")
    decision = Decision.objects.get()
    assert recorded.headers["Location"] == reverse("decisions:decision-detail", args=[decision.id])
    receipt = client.get(recorded.headers["Location"])
    assert str(decision.id) in text_of(receipt)
    assert "Low external score" in text_of(receipt)
    is_strict(receipt)


def test_same_referral_sent_twice_is_one(officer: User, senior: User, case: Application) -> None:
    score = case.scores.get().id
    first = referral_create(application=case, score_id=score, note=NOTE, user=senior)
    assert referral_create(application=case, score_id=score, note=NOTE, user=senior) == first
    assert LedgerEvent.objects.filter(action="application.referred").count() == 1
    assert referral_create(application=case, score_id=score, note=f"{NOTE} Nor those of July.", user=senior) != first


def test_decline_without_reasons_is_refused_beside_the_field(
    signed_in: SignIn, officer: User, case: Application
) -> None:
    response = send(signed_in(officer), case, note="Kept as typed")
    assert response.status_code == 422
    assert "Choose at least one reason" in text_of(response)
    assert "Kept as typed" in text_of(response)


def test_nothing_is_preselected(signed_in: SignIn, officer: User, new_case: NewCase) -> None:
    case = new_case(approvable=True)
    page = text_of(signed_in(officer).get(reverse("decisions:case-detail", args=[case.id])))
    radios = [line for line in page.splitlines() if 'type="radio"' in line]
    assert len(radios) == 4
    assert not any("checked" in line for line in radios)


def test_approval_sends_no_reasons_even_when_they_are_ticked(
    signed_in: SignIn, officer: User, new_case: NewCase
) -> None:
    case = new_case(recommendation="refer", probability_of_default=0.02)
    send(signed_in(officer), case, outcome="approve", reason_codes=["external_score"], step="confirmed")
    assert Decision.objects.get().reasons == []


def test_change_something_brings_back_what_was_typed(signed_in: SignIn, officer: User, case: Application) -> None:
    response = send(signed_in(officer), case, reason_codes=["request_amount"], note="As typed", step="edit")
    page = text_of(response)
    assert response.status_code == 200
    assert "As typed" in page
    assert 'value="decline" checked' in page
    assert 'value="request_amount" checked' in page
    assert 'value="external_score" checked' not in page


def test_page_with_an_older_score_is_refused_and_keeps_what_was_typed(
    signed_in: SignIn, officer: User, case: Application
) -> None:
    old = typed(case, reason_codes=["external_score"], note="Kept as typed")
    ScoreFactory(application=case, policy=PolicyFactory(version=2))
    response = signed_in(officer).post(reverse("decisions:case-decide", args=[case.id]), old)
    assert response.status_code == 409
    assert "Not decided" in text_of(response)
    assert "Kept as typed" in text_of(response)


def test_second_decision_is_refused_with_who(signed_in: SignIn, officer: User, senior: User, case: Application) -> None:
    data = DecisionInput(score_id=case.scores.get().id, outcome="decline", reason_codes=["external_score"])
    decision_create(application=case, data=data, user=senior)
    response = send(signed_in(officer), case, reason_codes=["external_score"], step="confirmed")
    assert response.status_code == 409
    assert "Simone Sénior" in text_of(response)


def test_override_waits_for_a_second_person_who_confirms(
    signed_in: SignIn, officer: User, senior: User, new_case: NewCase, is_strict: Any
) -> None:
    case = new_case(approvable=True)
    fields = {"override_reason": "over_indebted", "note": NOTE}
    checked = send(signed_in(officer), case, **fields)
    assert "Nothing is decided yet" in text_of(checked)
    send(signed_in(officer), case, step="confirmed", **fields)
    override = Override.objects.get()
    client = signed_in(senior)
    assert case.reference in text_of(client.get(reverse("decisions:review-list")))
    address = reverse("decisions:review-detail", args=[override.id])
    page = client.get(address)
    assert NOTE in text_of(page)
    is_strict(page)
    client.post(address, {"verdict": "confirmed"})
    decision = Decision.objects.get()
    assert decision.decided_by == officer
    assert decision.confirmed_by == senior
    assert client.get(address).headers["Location"] == reverse("decisions:case-detail", args=[case.id])
    is_strict(client.get(reverse("decisions:decision-detail", args=[decision.id])))


def test_override_without_reason_is_refused(signed_in: SignIn, officer: User, new_case: NewCase) -> None:
    response = send(signed_in(officer), new_case(approvable=True), note="short")
    assert response.status_code == 422
    assert not Override.objects.exists()


def test_refused_override_gives_the_case_back(
    signed_in: SignIn, officer: User, senior: User, new_case: NewCase
) -> None:
    case = new_case(approvable=True)
    send(signed_in(officer), case, override_reason="over_indebted", note=NOTE, step="confirmed")
    address = reverse("decisions:review-detail", args=[Override.objects.get().id])
    assert signed_in(senior).post(address, {"verdict": "refused", "note": "no"}).status_code == 422
    signed_in(senior).post(address, {"verdict": "refused", "note": "The payslips are recent."})
    case.refresh_from_db()
    assert case.status == Status.EXPLAINED
    assert "The payslips are recent." in text_of(
        signed_in(officer).get(reverse("decisions:case-detail", args=[case.id]))
    )


def test_own_override_is_not_answered_by_oneself(signed_in: SignIn, senior: User, new_case: NewCase) -> None:
    case = new_case(approvable=True)
    send(signed_in(senior), case, override_reason="over_indebted", note=NOTE, step="confirmed")
    address = reverse("decisions:review-detail", args=[Override.objects.get().id])
    assert "This is your own proposal" in text_of(signed_in(senior).get(address))
    assert signed_in(senior).post(address, {"verdict": "confirmed"}).status_code == 403


def test_referral_needs_a_word_and_goes_to_the_seniors(
    signed_in: SignIn, officer: User, senior: User, case: Application
) -> None:
    client = signed_in(officer)
    assert send(client, case, outcome="refer").status_code == 422
    send(client, case, outcome="refer", note=NOTE, step="confirmed")
    assert Referral.objects.count() == 1
    assert "a senior officer decides" in text_of(client.get(reverse("decisions:case-detail", args=[case.id])))
    page = signed_in(senior).get(reverse("decisions:case-queue"), {"which": "referred"})
    assert case.reference in text_of(page)


def test_auditor_reads_and_cannot_write(signed_in: SignIn, auditor: User, case: Application) -> None:
    client = signed_in(auditor)
    page = text_of(client.get(reverse("decisions:case-detail", args=[case.id])))
    assert 'name="outcome"' not in page
    for name in ("case-decide", "case-take", "case-hand-back", "case-try-again"):
        assert client.post(reverse(f"decisions:{name}", args=[case.id])).status_code == 403


def test_take_and_hand_back(signed_in: SignIn, officer: User, senior: User, case: Application) -> None:
    signed_in(officer).post(reverse("decisions:case-take", args=[case.id]))
    taken = signed_in(senior).post(reverse("decisions:case-take", args=[case.id]), follow=True)
    assert "Odile Officier already works on this case" in text_of(taken)
    blocked = signed_in(senior).get(reverse("decisions:case-detail", args=[case.id]))
    assert "Ask for it to be handed back" in text_of(blocked)
    signed_in(officer).post(reverse("decisions:case-hand-back", args=[case.id]))
    case.refresh_from_db()
    assert case.assigned_to is None


def test_page_waits_for_the_reasons_and_fills_itself_in(signed_in: SignIn, officer: User, new_case: NewCase) -> None:
    case = new_case(explained=False)
    client, address = signed_in(officer), reverse("decisions:case-detail", args=[case.id])
    page = text_of(client.get(address))
    assert "The reasons are being computed" in page
    assert "hx-trigger" in page
    assert 'name="outcome"' not in page
    assert client.get(address, headers={"HX-Request": "true"}).status_code == 204


def test_fragment_is_the_part_of_the_full_page(signed_in: SignIn, officer: User, case: Application) -> None:
    client, address = signed_in(officer), reverse("decisions:case-detail", args=[case.id])
    fragment = text_of(client.get(address, headers={"HX-Request": "true"}))
    assert "hx-trigger" not in fragment
    assert "<html" not in fragment
    assert "Why" in fragment


def test_failed_explanation_is_said_and_can_be_tried_again(
    signed_in: SignIn, officer: User, new_case: NewCase, django_capture_on_commit_callbacks: Any
) -> None:
    case = new_case(explained=False)
    score = case.scores.get()
    job = Job.objects.create(
        kind="explain_score",
        key=str(score.id),
        run_after=score.created_at,
        state=JobState.FAILED,
        error_code="transient",
    )
    client, address = signed_in(officer), reverse("decisions:case-detail", args=[case.id])
    page = text_of(client.get(address))
    assert "The reasons could not be computed" in page
    assert "hx-trigger" not in page
    client.post(reverse("decisions:case-try-again", args=[case.id]))
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_decision_of_another_branch_is_unknown(
    signed_in: SignIn, officer: User, stranger: User, auditor: User, case: Application
) -> None:
    data = DecisionInput(score_id=case.scores.get().id, outcome="decline", reason_codes=["external_score"])
    decision = decision_create(application=case, data=data, user=officer)
    address = reverse("decisions:decision-detail", args=[decision.pk])
    assert signed_in(stranger).get(address).status_code == 404
    assert signed_in(auditor).get(address).status_code == 200
    found = signed_in(officer).get(reverse("decisions:decision-list"), {"q": "lefevre", "outcome": "decline"})
    assert case.reference in text_of(found)
    nothing = signed_in(officer).get(reverse("decisions:decision-list"), {"override": "yes"})
    assert "No decision matches" in text_of(nothing)
