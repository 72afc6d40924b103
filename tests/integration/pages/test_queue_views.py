"""Filters of the queue are kept under a name, by each person for themselves."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from decisions.models import QueueView
from decisions.queue.services import MOST_VIEWS

SignIn = Callable[[User], Client]
QUEUE = "/queue/"


def new(**filters: str) -> str:
    return reverse("decisions:queue-view-new", query=filters)


def edit(view: QueueView) -> str:
    return reverse("decisions:queue-view-edit", args=[view.id])


def shown(response: Any) -> str:
    return unescape(response.content.decode())


def test_view_is_kept_and_opened_again(signed_in: SignIn, officer: User, case: Any) -> None:
    client = signed_in(officer)
    answer = client.post(new(which="unassigned", due="late", q="Lefèvre"), {"name": "Late, nobody's"}, follow=True)
    assert answer.redirect_chain == [("/queue/?which=unassigned&due=late", 302)]
    view = QueueView.objects.get()
    assert (view.owner, view.filters) == (officer, {"which": "unassigned", "due": "late"})
    page = shown(client.get(QUEUE))
    assert "Late, nobody's" in page
    assert 'href="/queue/?which=unassigned&due=late"' in page


def test_queue_opens_with_one_view_at_most(signed_in: SignIn, officer: User) -> None:
    client = signed_in(officer)
    client.post(new(which="mine"), {"name": "Mine", "is_first": "on"})
    assert client.get(QUEUE).url == "/queue/?which=mine"
    client.post(new(due="soon"), {"name": "Soon", "is_first": "on"})
    assert client.get(QUEUE).url == "/queue/?which=branch&due=soon"
    assert client.get("/queue/?which=branch").status_code == 200
    client.post(edit(QueueView.objects.get(is_first=True)), {"name": "Soon"})
    assert client.get(QUEUE).status_code == 200


def test_empty_view_is_no_dead_end(signed_in: SignIn, officer: User, case: Any) -> None:
    client = signed_in(officer)
    client.post(new(which="referred", due="late"), {"name": "Referred", "is_first": "on"})
    assert 'href="?which=branch"' in shown(client.get(QUEUE, follow=True)).split('class="empty-state"')[1]


def test_view_is_renamed_and_deleted(signed_in: SignIn, officer: User) -> None:
    client = signed_in(officer)
    client.post(new(which="mine"), {"name": "Mien"})
    view = QueueView.objects.get()
    assert client.post(edit(view), {"name": "Mine"}).status_code == 302
    assert "Mine" in shown(client.get(QUEUE))
    client.post(reverse("decisions:queue-view-delete", args=[view.id]))
    assert not QueueView.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "a\x00b", "a\x01b", "a\nb", "a\u202eb", "a\u200bb"])
def test_bad_name_is_said_and_nothing_is_kept(signed_in: SignIn, officer: User, name: str) -> None:
    answer = signed_in(officer).post(new(which="mine"), {"name": name})
    assert answer.status_code == 422
    assert 'class="field-error"' in shown(answer)
    assert not QueueView.objects.exists()


def test_name_is_used_once_by_a_person(signed_in: SignIn, officer: User, senior: User) -> None:
    for person in (officer, senior):
        assert signed_in(person).post(new(), {"name": "Mine"}).status_code == 302
    answer = signed_in(officer).post(new(due="late"), {"name": "Mine"})
    assert answer.status_code == 422
    assert "You already have a view with this name." in shown(answer)
    client = signed_in(officer)
    client.post(new(due="late"), {"name": "Late"})
    assert client.post(edit(QueueView.objects.get(name="Late")), {"name": "Mine"}).status_code == 422


def test_there_is_an_end_to_views(signed_in: SignIn, officer: User) -> None:
    client = signed_in(officer)
    for number in range(MOST_VIEWS):
        client.post(new(), {"name": f"View {number}"})
    answer = client.post(new(), {"name": "One more"})
    assert answer.status_code == 422
    assert f"You keep {MOST_VIEWS} views already." in shown(answer)


def test_another_persons_view_is_nowhere(signed_in: SignIn, officer: User, senior: User) -> None:
    signed_in(officer).post(new(which="mine"), {"name": "Only his"})
    view = QueueView.objects.get()
    client = signed_in(senior)
    assert "Only his" not in shown(client.get(QUEUE))
    for answer in (client.get(edit(view)), client.post(edit(view), {"name": "Hers"})):
        assert answer.status_code == 404
    assert client.post(reverse("decisions:queue-view-delete", args=[view.id])).status_code == 404


def test_filter_that_is_gone_is_left_out_and_said(signed_in: SignIn, officer: User, case: Any) -> None:
    QueueView.objects.create(owner=officer, name="Cars", filters={"which": "branch", "product": "car_loan"})
    client = signed_in(officer)
    page = shown(client.get("/queue/?which=branch&product=car_loan"))
    assert "Left out: Product: car_loan." in page
    assert case.reference in page
    assert page.count('aria-current="true"') == 1  # that it is shown in part does not make it another view
    view = QueueView.objects.get()
    assert "Left out: Product: car_loan." in shown(client.get(edit(view)))
    assert client.post(edit(view), {"name": "Cars and more"}).url == "/queue/?which=branch&product=car_loan"


def test_markup_in_a_name_is_shown_not_run(signed_in: SignIn, officer: User, is_strict: Any) -> None:
    client = signed_in(officer)
    client.post(new(), {"name": "<script>alert(1)</script>"})
    answer = client.get(QUEUE)
    assert "&lt;script&gt;alert(1)" in answer.content.decode()
    is_strict(answer)
