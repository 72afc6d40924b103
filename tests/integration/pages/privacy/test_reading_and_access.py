"""Who read a person is on record, and the person is given what the lender holds."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import Scope
from accounts.models import User
from applications.models import Applicant, PersonalDataRead
from common.ledger.sealing import seal
from common.ledger.verification import verify
from common.models import LedgerEvent
from decisions.models import Decision
from tests.factories.accounts import api_key
from tests.integration.api.conftest import Caller
from tests.integration.pages.privacy.conftest import MAIL, NAME, NOTE, erase
from tests.ledger_attacks import past_the_portal

SignIn = Callable[[User], Client]


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


def test_evidence_and_what_systems_read_are_readings_too(
    person: Applicant, auditor: User, signed_in: SignIn, ledger_store: Any
) -> None:
    decision = Decision.objects.select_related("score").latest("id")
    client = signed_in(auditor)
    client.get(reverse("decisions:evidence-detail", args=[decision.id]))
    client.post(reverse("decisions:evidence-download", args=[decision.id]))
    client.post(reverse("decisions:decision-replay", args=[decision.id]))
    system, secret = api_key(branch=person.branch, scopes=[Scope.SCORES_READ, Scope.DECISIONS_READ])
    caller = Caller(secret)
    for path in (
        f"scores/{decision.score_id}/explanation",
        f"decisions/{decision.id}",
        f"applications/{decision.application_id}/evidence",
    ):
        assert caller.get(path).status_code == 200
    reads = PersonalDataRead.objects.filter(applicant=person).order_by("id").values_list("door", "actor_id")
    assert list(reads) == [
        *[("evidence", auditor.id)] * 3,
        ("api", system.id),
        ("api", system.id),
        ("evidence", system.id),
    ]


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
