"""Erasure on demand: what goes, what stays, who asks, who answers, and what stands in its way."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from psycopg import sql

from accounts.enums import Scope
from accounts.models import User
from applications.enums import ErasureVerdict
from applications.models import Applicant, Application, CreditFile, ErasureRequest, LegalHold
from applications.selectors import document
from common import crypto
from common.ledger.sealing import seal
from common.ledger.verification import verify
from common.models import LedgerEvent, SubjectKey
from decisions.letters.services import notice_pdf
from decisions.models import Decision, Notice
from decisions.privacy.services import erasure_answer, erasure_request
from decisions.services import note_of
from tests.factories.accounts import api_key
from tests.factories.applications import ApplicationFactory
from tests.integration.api.conftest import Caller
from tests.integration.pages.privacy.conftest import MAIL, NAME, erase

SignIn = Callable[[User], Client]


def tables_with(text: str) -> list[str]:
    """Every table of the database that has the text in a row, in clear."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            query = sql.SQL("SELECT count(*) FROM {} AS row WHERE row::text ILIKE %s").format(sql.Identifier(table))
            cursor.execute(query, [f"%{text}%"])
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def test_nothing_of_an_erased_person_is_left(
    person: Applicant, senior: User, administrator: User, ledger_store: Any
) -> None:
    seal()
    assert tables_with(NAME) == ["applications_applicant"]
    files, notices = list(CreditFile.objects.all()), list(Notice.objects.all())
    wrapped_before = bytes(person.subject_key.wrapped_key or b"")
    figures = list(person.applications.values_list("scores__features", "decisions__outcome").order_by("id"))
    person = erase(person, senior, administrator)
    for text in (NAME, MAIL, "1986-11-30", wrapped_before.hex()):
        assert tables_with(text) == [], text
    assert len(files) >= 2
    for read, rows in ((document, files), (notice_pdf, notices)):
        for row in rows:
            with pytest.raises(crypto.PersonErased):
                read(type(row).objects.get(id=row.id))
    assert SubjectKey.objects.get(id=person.subject_key_id).wrapped_key is None
    notes = [note_of(decision) for decision in Decision.objects.select_related("application__applicant")]
    assert notes == ["This note was erased with the person's data."] * 2
    assert list(person.applications.values_list("scores__features", "decisions__outcome").order_by("id")) == figures
    assert person.full_name == f"Person {person.id.hex[-6:].upper()}"
    seal()
    assert verify().findings == []
    actions = LedgerEvent.objects.filter(subject_id=person.id).order_by("occurred_at").values_list("action", flat=True)
    assert list(actions)[-3:] == ["erasure.requested", "erasure.approved", "applicant.erased"]


def test_pages_say_what_is_gone(
    person: Applicant, senior: User, administrator: User, signed_in: SignIn, is_strict: Any
) -> None:
    decision = Decision.objects.latest("id")
    person = erase(person, senior, administrator)
    client, case = signed_in(senior), decision.application_id
    for name, key in (
        ("decisions:case-detail", case),
        ("applications:application-detail", case),
        ("decisions:decision-detail", decision.id),
        ("applications:applicant-detail", person.id),
        ("decisions:privacy-person", person.id),
    ):
        response = client.get(reverse(name, args=[key]))
        assert response.status_code == 200, name
        assert NAME not in response.content.decode(), name
        assert name == "applications:application-detail" or person.pseudonym in response.content.decode(), name
        is_strict(response)
    for name in ("applications:applicant-list", "applications:application-list", "decisions:decision-list"):
        assert person.pseudonym in client.get(reverse(name)).content.decode()
    letter = client.get(reverse("decisions:letter-read", args=[decision.id]))
    assert letter.status_code == 410
    assert "erased" in letter.content.decode()
    new = reverse("applications:application-new") + f"?applicant={person.id}"
    assert (client.get(new).status_code, client.post(new).status_code) == (410, 410)


def test_the_interface_says_when_a_person_was_erased(person: Applicant, senior: User, administrator: User) -> None:
    person = erase(person, senior, administrator)
    _key, secret = api_key(branch=person.branch, scopes=[Scope.APPLICATIONS_READ])
    case = person.applications.latest("id")
    given = Caller(secret).get(f"applications/{case.id}").json()["applicant"]
    assert (given["first_name"], given["last_name"], given["birth_date"], given["email"]) == ("", "", None, "")
    assert given["erased_at"] is not None


def test_a_new_application_of_an_erased_person_is_refused(person: Applicant, senior: User, administrator: User) -> None:
    stale = Applicant.objects.get(id=person.id)
    erase(person, senior, administrator)
    with pytest.raises(crypto.PersonErased):
        ApplicationFactory(applicant=stale)


def test_the_period_the_hold_and_the_open_case_are_obstacles(
    person: Applicant, senior: User, administrator: User, signed_in: SignIn, is_strict: Any
) -> None:
    client, address = signed_in(senior), reverse("decisions:erasure-ask", args=[person.id])
    refused = client.post(address, {"ground": "asked"})
    assert (refused.status_code, ErasureRequest.objects.count()) == (409, 0)
    assert "The lender must keep this until" in refused.content.decode()
    is_strict(refused)
    assert client.post(address, {"ground": "period_over"}).status_code == 422
    assert client.post(address, {"ground": "unlawful"}).status_code == 302
    assert client.post(address, {"ground": "unlawful"}).status_code == 409
    client.post(reverse("decisions:hold-add", args=[person.id]), {"ground": "litigation"})
    request = ErasureRequest.objects.get()
    answer = reverse("decisions:erasure-decide", args=[request.id])
    blocked = signed_in(administrator).post(answer, {"verdict": "approved"})
    assert blocked.status_code == 409
    assert "A legal hold stands" in blocked.content.decode()
    assert not Applicant.objects.get(id=person.id).is_erased
    hold = LegalHold.objects.get()
    lift = reverse("decisions:hold-end", args=[person.id])
    assert client.post(lift, {"hold": str(hold.id)}).status_code == 302
    assert client.post(lift, {"hold": str(hold.id)}).status_code == 409
    assert client.post(lift, {"hold": "none"}).status_code == 404
    open_case = ApplicationFactory(applicant=person)
    blocked = signed_in(administrator).post(answer, {"verdict": "approved"})
    assert open_case.reference in blocked.content.decode()
    Application.objects.filter(id=open_case.id).update(status="decided")
    assert signed_in(administrator).post(answer, {"verdict": "approved"}).status_code == 302
    assert signed_in(administrator).post(answer, {"verdict": "approved"}).status_code == 409
    assert Applicant.objects.get(id=person.id).is_erased
    assert client.post(address, {"ground": "ordered"}).status_code == 410


def test_the_list_shows_no_name_and_the_auditor_answers_nothing(
    person: Applicant, senior: User, administrator: User, auditor: User, signed_in: SignIn, is_strict: Any
) -> None:
    request = erasure_request(applicant=person, ground="ordered", user=senior)
    answer = reverse("decisions:erasure-decide", args=[request.id])
    for user, offered in ((administrator, True), (auditor, False)):
        page = signed_in(user).get(reverse("decisions:privacy-list"))
        assert person.pseudonym in page.content.decode()
        assert NAME not in page.content.decode()
        assert (answer in page.content.decode()) == offered
        is_strict(page)
    assert signed_in(auditor).post(answer, {"verdict": "approved"}).status_code == 403
    assert signed_in(administrator).post(answer, {"verdict": "nonsense"}).status_code == 422
    assert signed_in(administrator).post(answer, {"verdict": "refused"}).status_code == 302
    assert not Applicant.objects.get(id=person.id).is_erased


def test_who_asked_does_not_answer(person: Applicant, senior: User, administrator: User) -> None:
    request = erasure_request(applicant=person, ground="ordered", user=senior)
    User.objects.filter(id=senior.id).update(role="admin", branch=None)
    with pytest.raises(Exception, match="Another person"):
        erasure_answer(request_id=request.id, verdict=ErasureVerdict.APPROVED, user=User.objects.get(id=senior.id))
