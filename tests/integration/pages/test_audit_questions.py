"""Questions that an auditor keeps: own or shared, never with a name in them, changed by their owner only."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from common.errors import Conflict, InvalidInput, NotAllowed
from common.models import LedgerEvent
from decisions.audit.services import MOST_QUESTIONS, question_save
from decisions.models import SavedQuestion
from tests.factories.accounts import UserFactory

SignIn = Callable[[User], Client]
LIST, NEW = "decisions:question-list", "decisions:question-new"


@pytest.fixture
def colleague(db: None) -> User:
    return UserFactory(auditor=True, first_name="Carla", last_name="Colleague")


def keep(user: User, name: str = "Low side in grade D", *, is_shared: bool = False) -> SavedQuestion:
    filters = {"override": "low_side", "grade": "D"}
    return question_save(user=user, name=name, filters=filters, is_shared=is_shared)


def test_question_is_kept_from_its_address_and_asked_again(
    auditor: User, officer: User, signed_in: SignIn, is_strict: Any
) -> None:
    client = signed_in(auditor)
    address = f"{reverse(NEW)}?override=low_side&officer={officer.id}"
    is_strict(client.get(address))
    response = client.post(address, {"name": "Low side of Odile", "is_shared": "on"}, follow=True)
    page = response.content.decode()
    question = SavedQuestion.objects.get()
    assert question.filters == {"override": "low_side", "officer": str(officer.id)}
    assert question.is_shared
    assert f"{reverse('decisions:decision-list')}?officer={officer.id}&amp;override=low_side" in page
    assert str(officer) in page
    assert "Approved against the advice" in page
    assert LedgerEvent.objects.filter(action="question.saved", subject_id=question.id, actor_id=auditor.id).exists()


@pytest.mark.parametrize(("name", "words"), [("", "This field is required."), ("x" * 81, "at most 80 characters")])
def test_name_is_needed(name: str, words: str, auditor: User, signed_in: SignIn) -> None:
    response = signed_in(auditor).post(f"{reverse(NEW)}?grade=D", {"name": name})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not SavedQuestion.objects.exists()


def test_a_name_is_used_once(auditor: User, colleague: User, signed_in: SignIn) -> None:
    keep(auditor)
    keep(colleague)
    response = signed_in(auditor).post(f"{reverse(NEW)}?grade=D", {"name": "Low side in grade D"})
    assert response.status_code == 422
    assert "You already have a question with this name." in response.content.decode()


def test_a_persons_name_is_not_kept(auditor: User, signed_in: SignIn) -> None:
    response = signed_in(auditor).post(f"{reverse(NEW)}?q=Lefevre", {"name": "One person"})
    assert response.status_code == 302
    with pytest.raises(InvalidInput):
        question_save(user=auditor, name="One person", filters={"q": "Lefevre"}, is_shared=False)
    assert not SavedQuestion.objects.exists()


def test_a_bad_question_is_not_kept(auditor: User, signed_in: SignIn) -> None:
    response = signed_in(auditor).get(f"{reverse(NEW)}?outcome=zz", follow=True)
    assert response.status_code == 422
    assert "“zz” is not one of the choices." in response.content.decode()


def test_others_see_what_is_shared_only_and_change_nothing(
    auditor: User, colleague: User, signed_in: SignIn, is_strict: Any
) -> None:
    own, shared = keep(colleague, "Mine alone"), keep(colleague, "For everybody", is_shared=True)
    client = signed_in(auditor)
    response = client.get(reverse(LIST))
    page = response.content.decode()
    assert "For everybody" in page
    assert "Mine alone" not in page
    is_strict(response)
    for name in ("decisions:question-share", "decisions:question-delete"):
        for question in (own, shared):
            assert client.post(reverse(name, args=[question.id])).status_code == 404
    assert SavedQuestion.objects.count() == 2


def test_owner_shares_takes_back_and_deletes(auditor: User, signed_in: SignIn) -> None:
    question, client = keep(auditor), signed_in(auditor)
    for answer, expected in (("yes", True), ("no", False)):
        client.post(reverse("decisions:question-share", args=[question.id]), {"shared": answer})
        question.refresh_from_db()
        assert question.is_shared is expected
    client.post(reverse("decisions:question-delete", args=[question.id]))
    assert not SavedQuestion.objects.exists()
    actions = LedgerEvent.objects.filter(subject_id=question.id).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["question.saved", "question.shared", "question.unshared", "question.deleted"]


def test_list_costs_the_same_with_two_and_with_ten(auditor: User, officer: User, signed_in: SignIn) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse(LIST)).status_code == 200
        return len(captured)

    client = signed_in(auditor)
    for number in range(2):
        question_save(user=auditor, name=f"{number}", filters={"officer": str(officer.id)}, is_shared=False)
    with_two = queries()
    for number in range(2, 10):
        question_save(user=auditor, name=f"{number}", filters={"officer": str(officer.id)}, is_shared=False)
    assert queries() == with_two


def test_there_is_a_most(auditor: User) -> None:
    rows = [SavedQuestion(owner=auditor, name=str(number)) for number in range(MOST_QUESTIONS)]
    SavedQuestion.objects.bulk_create(rows)
    with pytest.raises(Conflict):
        keep(auditor)


def test_other_roles_keep_nothing(officer: User) -> None:
    with pytest.raises(NotAllowed):
        keep(officer)
