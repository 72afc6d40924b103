"""Where a contest is found again: lists, evidence, the person's own data, and after erasure."""

import io
import zipfile
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from applications.erasure import applicant_erase
from applications.models import Application
from common import jobs
from common.actors import SYSTEM
from common.models import Job
from decisions.contests.services import contest_answer, contest_create
from decisions.evidence.document import records_of
from decisions.letters.services import CONTEST_WRITE_JOB
from decisions.models import Contest
from decisions.privacy.access import access_bundle
from decisions.services import decision_create
from tests.integration.pages.contests.conftest import TEXT, VIEW, data_for

SignIn = Callable[[User], Client]


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
