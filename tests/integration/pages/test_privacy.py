"""Holds, erasure and the end of the periods: what goes, what stays, and what is refused."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime, time, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from psycopg import sql

from accounts.enums import Scope
from accounts.models import User
from applications.enums import ErasureVerdict
from applications.models import Applicant, Application, CreditFile, ErasureRequest, LegalHold, PersonalDataRead
from applications.selectors import document
from common import crypto, jobs
from common.ledger.sealing import seal
from common.ledger.verification import verify
from common.models import IdempotentRequest, LedgerEvent, SubjectKey
from decisions import tasks  # noqa: F401  registers what executes the jobs
from decisions.letters.services import notice_pdf
from decisions.models import Decision, Notice
from decisions.privacy import selectors
from decisions.privacy.policy import months_after
from decisions.privacy.services import erasure_answer, erasure_request, hold_lift, hold_place, retention_run
from decisions.services import DecisionInput, decision_create, note_of
from tests.factories.accounts import api_key
from tests.factories.applications import ApplicationFactory, credit_file
from tests.factories.explanations import ExplanationFactory
from tests.factories.scoring import ScoreFactory
from tests.integration.api.conftest import Caller
from tests.ledger_attacks import past_the_portal

SignIn = Callable[[User], Client]
NAME, MAIL, NOTE = "Quétzalminard", "quetzalminard@example.org", "Saw the pay slips of Quétzalminard."


def decide(application: Application, user: User, outcome: str = "decline") -> Decision:
    score = application.scores.latest("id")
    data = DecisionInput(score.id, outcome, ["external_score"] if outcome == "decline" else [], note=NOTE)
    made = decision_create(application=application, data=data, user=user)
    assert isinstance(made, Decision)
    jobs.run_all_here(lambda _done: None)
    return made


@pytest.fixture
def person(new_case: Callable[..., Application], officer: User) -> Applicant:
    """Two decided applications, each with its file, its note and its letter."""
    first = new_case(last_name=NAME)
    applicant = first.applicant
    applicant.email_encrypted = crypto.encrypt(applicant.subject_key, MAIL.encode(), applicant.id)
    applicant.save(update_fields=["email_encrypted"])
    second = ApplicationFactory(applicant=applicant, file=credit_file(AMT_CREDIT=90000.0))
    ExplanationFactory(score=ScoreFactory(application=second))
    for application in (first, second):
        application.refresh_from_db()
        decide(application, officer)
    assert Notice.objects.filter(application__applicant=applicant).count() == 2
    return Applicant.objects.get(id=applicant.id)


def aged(applicant: Applicant, years: int) -> None:
    past_the_portal(
        "UPDATE decisions_decision SET created_at = created_at - make_interval(years => %s)"
        " WHERE application_id IN (SELECT id FROM applications_application WHERE applicant_id = %s)",
        years,
        applicant.id,
    )


def erase(applicant: Applicant, senior: User, administrator: User, ground: str = "ordered") -> Applicant:
    request = erasure_request(applicant=applicant, ground=ground, user=senior)
    erasure_answer(request_id=request.id, verdict=ErasureVerdict.APPROVED, user=administrator)
    return Applicant.objects.get(id=applicant.id)


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


def test_retention_erases_what_is_over_and_nothing_else(
    person: Applicant, new_case: Callable[..., Application], officer: User, senior: User
) -> None:
    held, fresh, waiting = new_case(), new_case(), new_case()
    for case in (held, fresh):
        decide(case, officer)
    hold = hold_place(applicant=held.applicant, ground="fraud", user=senior)
    for applicant in (person, held.applicant):
        aged(applicant, 6)
    assert not waiting.decisions.exists()
    assert retention_run(dry_run=True).applicants == [person.id]
    assert not Applicant.objects.get(id=person.id).is_erased
    assert retention_run().applicants == [person.id]
    assert retention_run().applicants == []
    event = LedgerEvent.objects.get(action="applicant.erased")
    assert (event.subject_id, event.actor_kind, event.facts) == (person.id, "system", {"ground": "period_over"})
    hold_lift(applicant=held.applicant, hold_id=hold.id, user=senior)
    assert retention_run().applicants == [held.applicant_id]


def test_a_credit_is_kept_longer_than_a_refusal(new_case: Callable[..., Application], officer: User) -> None:
    credit = new_case(recommendation="approve", policy_findings=[], probability_of_default=0.02)
    decide(credit, officer, "approve")
    aged(credit.applicant, 6)
    assert retention_run().applicants == []
    aged(credit.applicant, 5)
    assert retention_run().applicants == [credit.applicant_id]


def test_the_command_says_what_it_would_do_and_works_in_batches(
    new_case: Callable[..., Application], officer: User
) -> None:
    for _number in range(3):
        case = new_case()
        decide(case, officer)
        aged(case.applicant, 6)
    IdempotentRequest.objects.create(owner_id=officer.id, key="old", fingerprint="f", status=201)
    IdempotentRequest.objects.update(created_at="2020-01-01T00:00:00Z")
    IdempotentRequest.objects.create(owner_id=officer.id, key="new", fingerprint="f", status=201)
    said = StringIO()
    call_command("retention", "run", "--dry-run", stdout=said)
    assert "3 people would be erased, 1 answers" in said.getvalue()
    assert Applicant.objects.filter(erased_at__isnull=False).count() == 0
    call_command("retention", "run", "--batch", "2", stdout=said)
    assert "3 people were erased, 1 answers to systems were deleted" in said.getvalue()
    assert [row.key for row in IdempotentRequest.objects.all()] == ["new"]


def test_who_read_a_person_is_recorded_by_door(
    person: Applicant, officer: User, auditor: User, stranger: User, signed_in: SignIn, is_strict: Any
) -> None:
    decision = Decision.objects.latest("id")
    case = decision.application_id
    client = signed_in(officer)
    for name, key in (
        ("decisions:case-detail", case),
        ("applications:application-detail", case),
        ("applications:applicant-detail", person.id),
        ("decisions:decision-detail", decision.id),
        ("decisions:letter-read", decision.id),
    ):
        assert client.get(reverse(name, args=[key])).status_code == 200
        assert signed_in(stranger).get(reverse(name, args=[key])).status_code == 404
    for name in ("applications:applicant-list", "decisions:case-queue"):
        client.get(reverse(name))
    system, secret = api_key(branch=person.branch, scopes=[Scope.APPLICATIONS_READ])
    caller = Caller(secret)
    tag = caller.get(f"applications/{case}").headers["ETag"]
    assert caller.get(f"applications/{case}", **{"If-None-Match": tag}).status_code == 304
    reads = list(PersonalDataRead.objects.order_by("id").values_list("door", "actor_id"))
    doors = ["case", "file", "applicant", "decision", "letter"]
    assert reads == [(door, officer.id) for door in doors] + [("api", system.id)]
    page = signed_in(auditor).get(reverse("decisions:privacy-reads", args=[person.id]))
    for text in ("Odile Officier", "Credit officer", str(system), "The letter", person.pseudonym):
        assert text in page.content.decode()
    assert NAME not in page.content.decode()
    is_strict(page)


def test_readings_are_sealed(person: Applicant, officer: User, signed_in: SignIn, ledger_store: Any) -> None:
    signed_in(officer).get(reverse("applications:applicant-detail", args=[person.id]))
    seal()
    assert verify().findings == []
    read = PersonalDataRead.objects.get()
    past_the_portal("UPDATE applications_personaldataread SET door = 'letter' WHERE id = %s", read.id)
    assert {finding.kind for finding in verify().findings} == {"altered"}


@pytest.mark.parametrize(("language", "words"), [("fr", "Demande"), ("en", "Application")])
def test_the_answer_to_an_access_request_says_what_was_used_and_how_it_was_decided(
    person: Applicant, senior: User, signed_in: SignIn, language: str, words: str
) -> None:
    Applicant.objects.filter(id=person.id).update(language=language)
    answer = signed_in(senior).post(reverse("decisions:access-give", args=[person.id]))
    assert answer["Content-Type"] == "application/zip"
    bundle = zipfile.ZipFile(io.BytesIO(answer.content))
    assert sorted(bundle.namelist()) == ["data.html", "data.json", "letter-1.pdf", "letter-2.pdf"]
    page, data = bundle.read("data.html").decode(), json.loads(bundle.read("data.json"))
    for text in (NAME, MAIL, NOTE, f'lang="{language}"', words):
        assert text in page, text
    assert bundle.read("letter-1.pdf").startswith(b"%PDF")
    assert data["person"]["email"] == MAIL
    assert [case["files"][0]["raw"]["application"]["AMT_CREDIT"] for case in data["cases"]][1] == 90000.0
    first = data["cases"][0]
    assert first["decisions"][0]["reasons"] == [{"fr": "Score externe faible", "en": "Low external score"}[language]]
    assert first["scores"][0]["against"]
    assert "Officier" not in json.dumps(data)
    event = LedgerEvent.objects.get(action="access.given")
    assert (event.subject_id, event.actor_id, len(event.facts["letters"])) == (person.id, senior.id, 2)
    assert PersonalDataRead.objects.get().door == "bundle"


def test_nobody_is_given_what_is_erased_or_of_another_branch(
    person: Applicant, senior: User, stranger: User, administrator: User, signed_in: SignIn
) -> None:
    address = reverse("decisions:access-give", args=[person.id])
    User.objects.filter(id=stranger.id).update(role="senior")
    assert signed_in(User.objects.get(id=stranger.id)).post(address).status_code == 404
    erase(person, senior, administrator)
    assert signed_in(senior).post(address).status_code == 410
    assert not LedgerEvent.objects.filter(action="access.given").exists()


def test_the_last_day_of_the_period_is_still_kept(
    new_case: Callable[..., Application], officer: User, settings: Any
) -> None:
    case = new_case()
    decided = decide(case, officer)
    today = timezone.localdate()
    for decided_on, erased in ((months_after(today, -60), False), (months_after(today, -60) - timedelta(days=1), True)):
        moment = timezone.make_aware(datetime.combine(decided_on, time(12)))
        past_the_portal("UPDATE decisions_decision SET created_at = %s WHERE id = %s", moment, decided.id)
        assert bool(retention_run().applicants) == erased, decided_on


def test_a_draft_or_an_open_case_keeps_the_person(person: Applicant, new_case: Callable[..., Application]) -> None:
    aged(person, 20)
    for status in ("draft", "explained", "contested"):
        Application.objects.filter(applicant=person).update(status="decided")
        Application.objects.filter(id=person.applications.latest("id").id).update(status=status)
        assert retention_run(dry_run=True).applicants == [], status
    Application.objects.filter(applicant=person).update(status="outcome")
    assert retention_run(dry_run=True).applicants == [person.id]


def test_what_comes_between_looking_and_erasing_stops_the_erasure(
    person: Applicant, senior: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    aged(person, 20)
    hold_place(applicant=person, ground="authority", user=senior)
    monkeypatch.setattr(selectors, "due", lambda _limit: [person])
    assert retention_run().applicants == []
    assert not Applicant.objects.get(id=person.id).is_erased
