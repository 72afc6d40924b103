"""The applicant does not agree: recorded, examined by another person, answered with a letter, decided anew."""

import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Branch, User
from applications.enums import Status
from applications.erasure import applicant_erase
from applications.models import Application
from common import jobs
from common.actors import SYSTEM
from common.errors import Conflict, InvalidInput, NotAllowed, NotFound, PortalError
from common.models import Job, JobState, LedgerEvent
from decisions import tasks  # noqa: F401  registers what executes the jobs
from decisions.contests.services import contest_answer, contest_create, contest_take
from decisions.evidence.document import records_of
from decisions.letters.services import CONTEST_WRITE_JOB, SEND_JOB
from decisions.models import Contest, ContestAnswer, Decision, Notice, Override
from decisions.privacy.access import access_bundle
from decisions.services import DecisionInput, decision_create, review_create
from tests.factories.accounts import UserFactory

SignIn = Callable[[User], Client]
VIEW = "My new employer pays me twice as much; I enclose the contract."
TEXT = "Your new contract began after the application.\nYou may apply again with it."


@pytest.fixture
def decision(case: Application, officer: User) -> Decision:
    made = decision_create(application=case, data=data_for(case, "decline"), user=officer)
    assert isinstance(made, Decision)
    return made


@pytest.fixture
def contest(decision: Decision, officer: User) -> Contest:
    return contest_create(application=decision.application, view=VIEW, received_on=timezone.localdate(), user=officer)


@pytest.fixture
def taken(contest: Contest, senior: User) -> Contest:
    return contest_take(contest=contest, user=senior)


def data_for(case: Application, outcome: str, **more: Any) -> DecisionInput:
    codes = ["external_score"] if outcome == "decline" else []
    return DecisionInput(score_id=case.scores.latest("id").id, outcome=outcome, reason_codes=codes, **more)


def status_of(case: Application) -> str:
    return Application.objects.get(id=case.id).status


def test_officer_records_a_contest_in_the_applicants_words(
    signed_in: SignIn, officer: User, decision: Decision, is_strict: Any
) -> None:
    client, case = signed_in(officer), decision.application
    form = reverse("decisions:contest-new", args=[case.id])
    assert form in client.get(reverse("decisions:case-detail", args=[case.id])).content.decode()
    is_strict(client.get(form))
    received = timezone.localdate()
    response = client.post(form, {"received_on": received.isoformat(), "view": VIEW})
    contest = Contest.objects.get()
    assert response["Location"] == reverse("decisions:contest-detail", args=[contest.id])
    assert contest.due_on == received + timedelta(days=settings.LENDER["answer_days"])
    assert (contest.decision, contest.recorded_by, status_of(case)) == (decision, officer, "contested")
    assert VIEW.encode() not in bytes(contest.note_encrypted)
    event = LedgerEvent.objects.get(action="application.moved", facts__to="contested")
    assert event.facts["contest"] == str(contest.id)
    assert "employer" not in str(event.facts)
    page = client.get(response["Location"])
    assert VIEW in page.content.decode()
    is_strict(page)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"view": "no"}, "in at least ten letters"),
        ({"view": ""}, "required"),
        ({"received_on": ""}, "required"),
        ({"received_on": "2019-01-01"}, "between the day of the decision and today"),
        ({"received_on": "2999-01-01"}, "between the day of the decision and today"),
    ],
)
def test_an_incomplete_contest_comes_back_with_what_was_typed(
    sent: dict[str, str], said: str, signed_in: SignIn, officer: User, decision: Decision
) -> None:
    whole = {"received_on": timezone.localdate().isoformat(), "view": VIEW}
    url = reverse("decisions:contest-new", args=[decision.application_id])
    response = signed_in(officer).post(url, whole | sent)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert sent.get("view", VIEW) in response.content.decode()
    assert not Contest.objects.exists()


def test_a_second_contest_is_refused_while_one_is_open_and_after_it(
    contest: Contest, officer: User, senior: User
) -> None:
    def again() -> None:
        contest_create(application=contest.application, view=VIEW, received_on=timezone.localdate(), user=officer)

    with pytest.raises(Conflict, match="contested already"):
        again()
    contest_take(contest=contest, user=senior)
    contest_answer(contest=contest, outcome="upheld", text=TEXT, user=senior)
    with pytest.raises(Conflict, match="after a contest already"):
        again()
    assert Contest.objects.count() == 1


def test_what_is_open_or_granted_cannot_be_contested(
    new_case: Callable[..., Application], officer: User, signed_in: SignIn
) -> None:
    undecided, granted = new_case(), new_case(approvable=True)
    decision_create(application=granted, data=data_for(granted, "approve"), user=officer)
    for case in (undecided, granted):
        with pytest.raises(Conflict):
            contest_create(application=case, view=VIEW, received_on=timezone.localdate(), user=officer)
        response = signed_in(officer).get(reverse("decisions:contest-new", args=[case.id]))
        assert response["Location"] == reverse("decisions:case-detail", args=[case.id])


def test_other_branch_and_other_roles(
    contest: Contest, stranger: User, risk: User, auditor: User, officer: User, signed_in: SignIn
) -> None:
    page = reverse("decisions:contest-detail", args=[contest.id])
    take = reverse("decisions:contest-take", args=[contest.id])
    foreign = UserFactory(senior=True)
    assert signed_in(stranger).get(page).status_code == 404
    assert signed_in(foreign).post(take).status_code == 404
    assert signed_in(risk).get(page).status_code == 403
    assert signed_in(auditor).get(page).status_code == 200
    assert signed_in(officer).post(take).status_code == 403
    with pytest.raises(NotFound):
        contest_take(contest=contest, user=foreign)
    with pytest.raises(NotAllowed):
        contest_take(contest=contest, user=officer)


def test_who_decided_does_not_examine(
    new_case: Callable[..., Application], branch: Branch, senior: User, signed_in: SignIn
) -> None:
    case = new_case()
    decision_create(application=case, data=data_for(case, "decline"), user=senior)
    contest = contest_create(application=case, view=VIEW, received_on=timezone.localdate(), user=senior)
    with pytest.raises(NotAllowed, match="another person"):
        contest_take(contest=contest, user=senior)
    page = signed_in(senior).get(reverse("decisions:contest-detail", args=[contest.id])).content.decode()
    assert "another person examines the contest" in page
    other = UserFactory(branch=branch, senior=True)
    contest_take(contest=contest, user=other)
    case.refresh_from_db()
    assert case.assigned_to == other


def test_who_confirmed_does_not_examine_either(
    new_case: Callable[..., Application], officer: User, senior: User
) -> None:
    case = new_case(approvable=True)
    proposal = decision_create(
        application=case,
        data=DecisionInput(
            case.scores.latest("id").id, "decline", override_reason="document_doubt", note="The stamp is not theirs."
        ),
        user=officer,
    )
    review_create(override_id=proposal.id, verdict="confirmed", user=senior)
    contest = contest_create(application=case, view=VIEW, received_on=timezone.localdate(), user=officer)
    with pytest.raises(NotAllowed):
        contest_take(contest=contest, user=senior)


def test_two_seniors_do_not_examine_one_contest(
    taken: Contest, branch: Branch, signed_in: SignIn, senior: User
) -> None:
    other = UserFactory(branch=branch, senior=True)
    with pytest.raises(Conflict, match="already examines"):
        contest_take(contest=taken, user=other)
    with pytest.raises(Conflict, match="Take this contest"):
        contest_answer(contest=taken, outcome="upheld", text=TEXT, user=other)
    hand_back = reverse("decisions:contest-hand-back", args=[taken.id])
    assert signed_in(senior).post(hand_back).status_code == 302
    contest_take(contest=taken, user=other)


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


def test_a_contest_that_somebody_recorded_first_keeps_what_was_typed(
    contest: Contest, officer: User, signed_in: SignIn
) -> None:
    url = reverse("decisions:contest-new", args=[contest.application_id])
    typed = {"received_on": timezone.localdate().isoformat(), "view": "They wrote a second letter to us."}
    response = signed_in(officer).post(url, typed)
    assert response.status_code == 409
    page = response.content.decode()
    assert "contested already" in page
    assert typed["view"] in page
    assert Contest.objects.count() == 1


def test_a_contested_case_is_not_taken_from_the_queue(contest: Contest, officer: User, signed_in: SignIn) -> None:
    signed_in(officer).post(reverse("decisions:case-take", args=[contest.application_id]))
    assert Application.objects.get(id=contest.application_id).assigned_to is None


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


def test_evidence_and_the_persons_own_data_hold_the_contest(taken: Contest, senior: User) -> None:
    answer = contest_answer(contest=taken, outcome="upheld", text=TEXT, user=senior)
    jobs.run(Job.objects.get(kind=CONTEST_WRITE_JOB).id)
    known = {(row._meta.model_name, row.pk) for row in records_of(taken.decision)}
    assert {("contest", taken.id), ("contestanswer", answer.id), ("notice", answer.notice.id)} <= known
    bundle = zipfile.ZipFile(io.BytesIO(access_bundle(applicant=taken.application.applicant, user=senior)))
    for name in ("data.html", "data.json"):
        said = bundle.read(name).decode()
        assert VIEW in said
        assert "You may apply again with it." in said
    assert "letter-1.pdf" in bundle.namelist()


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


def test_late_ones_come_first_and_are_said_to_be_late(
    new_case: Callable[..., Application],
    officer: User,
    senior: User,
    signed_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = []
    for days in (30, -2):  # the second one was due two days ago
        monkeypatch.setitem(settings.LENDER, "answer_days", days)
        case = new_case()
        decision_create(application=case, data=data_for(case, "decline"), user=officer)
        made.append(contest_create(application=case, view=VIEW, received_on=timezone.localdate(), user=officer))
    page = signed_in(senior).get(reverse("decisions:contest-list")).content.decode()
    assert page.index(made[1].application.reference) < page.index(made[0].application.reference)
    assert page.count('class="late"') == 1
    assert "(late)" in page


def test_lists_page_beyond_the_first_ones(
    new_case: Callable[..., Application], officer: User, senior: User, signed_in: SignIn
) -> None:
    for _number in range(27):
        case = new_case()
        decision_create(application=case, data=data_for(case, "decline"), user=officer)
        contest_create(application=case, view=VIEW, received_on=timezone.localdate(), user=officer)
    client, url = signed_in(senior), reverse("decisions:contest-list")
    first = client.get(url)
    after = first.context["page"].next_after
    second = client.get(url, {"after": after})
    seen = [row.contest.id for row in (*first.context["page"].rows, *second.context["page"].rows)]
    assert (len(seen), len(set(seen)), second.context["page"].next_after) == (27, 27, None)
    for forged in ("nonsense", "00000000-0000-0000-0000-000000000000"):
        assert client.get(url, {"after": forged}).status_code == 404


def test_an_erased_persons_contest_says_so(taken: Contest, senior: User, auditor: User, signed_in: SignIn) -> None:
    contest_answer(contest=taken, outcome="upheld", text=TEXT, user=senior)
    applicant_erase(applicant=taken.application.applicant, actor=SYSTEM, ground="ordered")
    page = signed_in(auditor).get(reverse("decisions:contest-detail", args=[taken.id])).content.decode()
    assert "erased with the person" in page
    assert VIEW not in page


def test_contest_page_stays_within_its_queries(taken: Contest, senior: User, signed_in: SignIn) -> None:
    client = signed_in(senior)
    with CaptureQueriesContext(connection) as captured:
        client.get(reverse("decisions:contest-detail", args=[taken.id]))
    read = [query for query in captured.captured_queries if query["sql"].startswith("SELECT")]
    assert len(read) <= 8, "\n".join(query["sql"] for query in read)
