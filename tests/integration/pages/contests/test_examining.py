"""Who examines a contest: another person than who decided, one at a time, of the branch."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Branch, User
from applications.models import Application
from common.errors import Conflict, NotAllowed, NotFound
from decisions.contests.services import contest_answer, contest_create, contest_take
from decisions.models import Contest
from decisions.services import DecisionInput, decision_create, review_create
from tests.factories.accounts import UserFactory
from tests.integration.pages.contests.conftest import TEXT, VIEW, data_for

SignIn = Callable[[User], Client]


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


def test_a_contested_case_is_not_taken_from_the_queue(contest: Contest, officer: User, signed_in: SignIn) -> None:
    signed_in(officer).post(reverse("decisions:case-take", args=[contest.application_id]))
    assert Application.objects.get(id=contest.application_id).assigned_to is None
