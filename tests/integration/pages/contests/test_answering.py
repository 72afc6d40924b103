"""A contest is answered once, with a letter; taken back, the case is decided anew by two others."""

import hashlib
from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Branch, User
from applications.enums import Status
from common import jobs
from common.errors import Conflict, InvalidInput, NotAllowed, PortalError
from common.models import Job, JobState, LedgerEvent
from decisions.contests.services import contest_answer, contest_take
from decisions.letters.services import CONTEST_WRITE_JOB, SEND_JOB
from decisions.models import Contest, ContestAnswer, Decision, Notice, Override
from decisions.services import decision_create, review_create
from tests.factories.accounts import UserFactory
from tests.integration.pages.contests.conftest import TEXT, data_for, status_of

SignIn = Callable[[User], Client]


def test_an_answer_that_comes_too_late_keeps_what_was_typed(
    taken: Contest, senior: User, branch: Branch, signed_in: SignIn
) -> None:
    other = UserFactory(branch=branch, senior=True)
    signed_in(senior).post(reverse("decisions:contest-hand-back", args=[taken.id]))
    contest_take(contest=taken, user=other)
    sent = {"outcome": "upheld", "text": TEXT, "step": "record"}
    url = reverse("decisions:contest-answer", args=[taken.id])
    for _round in range(2):  # taken by another, then answered by the other
        response = signed_in(senior).post(url, sent)
        assert response.status_code == 409
        assert "You may apply again with it." in response.content.decode()
        if not ContestAnswer.objects.exists():
            contest_answer(contest=taken, outcome="overturned", text="The decision was wrong.", user=other)
    assert ContestAnswer.objects.get().reviewer == other


def test_decision_stands_and_the_letter_says_why(taken: Contest, senior: User, signed_in: SignIn) -> None:
    client = signed_in(senior)
    answer_url = reverse("decisions:contest-answer", args=[taken.id])
    draft = client.post(answer_url, {"outcome": "upheld", "text": TEXT, "step": "preview"})
    assert draft["Content-Type"] == "application/pdf"
    assert not ContestAnswer.objects.exists()
    assert client.post(answer_url, {"outcome": "upheld", "text": TEXT, "step": "record"}).status_code == 302
    answer = ContestAnswer.objects.get()
    assert status_of(taken.application) == Status.REVIEWED
    assert LedgerEvent.objects.filter(action="contest.answered", facts__outcome="upheld").exists()
    assert jobs.run(Job.objects.get(kind=CONTEST_WRITE_JOB).id) == JobState.DONE
    notice = Notice.objects.get(answer=answer)
    assert (notice.kind, notice.decision) == ("contest", None)
    letter = client.get(reverse("decisions:contest-letter-read", args=[taken.id]))
    assert hashlib.sha256(letter.content).hexdigest() == notice.pdf_sha256
    state = client.get(reverse("decisions:contest-letter-state", args=[taken.id])).content.decode()
    assert notice.pdf_sha256 in state
    for page in ("decisions:case-detail", "decisions:contest-detail"):
        key = taken.id if page.endswith("contest-detail") else taken.application_id
        assert "The decision stands" in client.get(reverse(page, args=[key])).content.decode()
    receipt = client.get(reverse("decisions:decision-detail", args=[taken.decision_id])).content.decode()
    assert "The decision stands" in receipt


def test_letter_of_a_contest_is_sent_once(taken: Contest, senior: User, officer: User, signed_in: SignIn) -> None:
    contest_answer(contest=taken, outcome="upheld", text=TEXT, user=senior)
    jobs.run(Job.objects.get(kind=CONTEST_WRITE_JOB).id)
    client, send = signed_in(officer), reverse("decisions:contest-letter-send", args=[taken.id])
    assert client.post(send).status_code == 302
    assert jobs.run(Job.objects.get(kind=SEND_JOB).id) == JobState.DONE
    assert [message.to for message in mail.outbox] == [["zoe@example.org"]]
    assert client.post(send).status_code == 409
    state = client.get(reverse("decisions:contest-letter-state", args=[taken.id])).content.decode()
    assert "Sent by e-mail" in state


def test_answer_is_given_once(taken: Contest, senior: User) -> None:
    contest_answer(contest=taken, outcome="upheld", text=TEXT, user=senior)
    with pytest.raises(Conflict, match="answered this contest"):
        contest_answer(contest=taken, outcome="overturned", text=TEXT, user=senior)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"outcome": ""}, "Say whether the decision stands."),
        ({"outcome": "perhaps"}, "valid choice"),
        ({"text": "short"}, "in at least ten letters"),
        ({"text": "This sign \U00020000 is in no font."}, "cannot be printed"),
    ],
)
def test_an_incomplete_answer_comes_back(
    sent: dict[str, str], said: str, taken: Contest, senior: User, signed_in: SignIn
) -> None:
    url = reverse("decisions:contest-answer", args=[taken.id])
    response = signed_in(senior).post(url, {"outcome": "upheld", "text": TEXT, "step": "record"} | sent)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not ContestAnswer.objects.exists()
    with pytest.raises((InvalidInput, PortalError)):
        contest_answer(contest=taken, user=senior, **({"outcome": "upheld", "text": TEXT} | sent))


def test_decision_taken_back_leads_to_a_new_one_with_a_second_person(
    taken: Contest, officer: User, senior: User, branch: Branch, signed_in: SignIn
) -> None:
    case = taken.application
    contest_answer(contest=taken, outcome="overturned", text=TEXT, user=senior)
    case.refresh_from_db()
    assert (case.status, case.assigned_to) == (Status.EXPLAINED, senior)
    assert case.due_at is not None
    assert case.due_at > timezone.now()
    page = signed_in(senior).get(reverse("decisions:case-detail", args=[case.id])).content.decode()
    assert "Check the decision" in page
    assert "The decision was taken back; the case is open again" in page

    with pytest.raises(NotAllowed, match="first decision"):
        decision_create(application=case, data=data_for(case, "decline"), user=officer)
    approval = data_for(case, "approve", override_reason="income_verified", note="The new contract is proved.")
    proposal = decision_create(application=case, data=approval, user=senior)
    assert isinstance(proposal, Override)
    with pytest.raises(NotAllowed):
        review_create(override_id=proposal.id, verdict="confirmed", user=senior)
    review_create(override_id=proposal.id, verdict="confirmed", user=UserFactory(branch=branch, senior=True))
    first, second = Decision.objects.order_by("id")
    assert (first.stage, first.outcome, second.stage, second.outcome) == ("initial", "decline", "contest", "approve")
    assert status_of(case) == Status.REVIEWED
    receipt = signed_in(officer).get(reverse("decisions:decision-detail", args=[second.id])).content.decode()
    assert "The decision is taken back" in receipt
    with pytest.raises(Conflict):
        decision_create(application=case, data=approval, user=senior)


def test_first_decider_sees_why_the_reopened_case_is_not_theirs(
    taken: Contest, officer: User, senior: User, signed_in: SignIn
) -> None:
    contest_answer(contest=taken, outcome="overturned", text=TEXT, user=senior)
    page = signed_in(officer).get(reverse("decisions:case-detail", args=[taken.application_id])).content.decode()
    assert "after a contest another person decides" in page
    assert "Check the decision" not in page
