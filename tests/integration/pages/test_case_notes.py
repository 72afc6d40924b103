"""Notes on a case: from colleague to colleague, written once, read by those who may see the case."""

import io
import json
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from applications.erasure import applicant_erase
from applications.models import Application, PersonalDataRead
from common.errors import NotAllowed, NotFound, PortalError
from common.models import LedgerEvent
from decisions.evidence.document import records_of
from decisions.models import CaseNote, Decision
from decisions.notes.forms import LONGEST_NOTE
from decisions.notes.services import case_note_add
from decisions.privacy.access import access_bundle
from decisions.services import DecisionInput, decision_create, note_of
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
WORDS = "Called at ten: the employer confirms the contract."
FORM = "application/x-www-form-urlencoded"
BY_SCRIPT = {"HX-Request": "true"}


def address(case: Application) -> str:
    return reverse("decisions:case-notes", args=[case.id])


def add(case: Application, user: User, text: str = WORDS) -> CaseNote:
    return case_note_add(application=case, text=text, submission=uuid.uuid4(), user=user)


def test_note_stands_on_the_case_its_own_page_and_in_the_history(
    signed_in: SignIn, officer: User, case: Application, is_strict: Any
) -> None:
    client = signed_in(officer)
    sent = client.post(address(case), {"text": f"  {WORDS}  ", "submission": str(uuid.uuid4())})
    assert sent.headers["Location"] == address(case)
    note = CaseNote.objects.get()
    assert (note.written_by, note_of(note)) == (officer, WORDS)
    assert WORDS.encode() not in bytes(note.note_encrypted)
    for page in ("case-notes", "case-detail", "case-history"):
        response = client.get(reverse(f"decisions:{page}", args=[case.id]))
        is_strict(response)
        assert WORDS in response.content.decode(), page
    event = LedgerEvent.objects.get(action="note.added")
    assert (event.subject_id, event.facts) == (case.id, {"note": str(note.id)})


def test_form_of_the_case_page_answers_with_the_panel_alone(
    signed_in: SignIn, officer: User, case: Application, is_strict: Any
) -> None:
    client = signed_in(officer)
    kept = client.post(address(case), {"text": WORDS}, headers=BY_SCRIPT)
    is_strict(kept)
    assert b"<html" not in kept.content
    assert b"The note is kept." in kept.content
    assert WORDS in kept.content.decode()
    refused = client.post(address(case), {"text": " "}, headers=BY_SCRIPT)
    assert refused.status_code == 200  # a script shows no other answer
    assert b"Write the note first." in refused.content
    assert CaseNote.objects.count() == 1


def test_same_form_sent_twice_is_one_note_and_other_words_are_another(
    signed_in: SignIn, officer: User, case: Application
) -> None:
    client, form = signed_in(officer), {"submission": str(uuid.uuid4())}
    for _time in range(2):
        assert client.post(address(case), form | {"text": WORDS}).status_code == 302
    assert CaseNote.objects.count() == 1
    client.post(address(case), form | {"text": f"{WORDS} Back, and corrected."})
    assert CaseNote.objects.count() == 2
    assert LedgerEvent.objects.filter(action="note.added").count() == 2


def test_colleague_who_sends_the_same_words_writes_a_note_of_their_own(officer: User, case: Application) -> None:
    colleague, form = UserFactory(branch=officer.branch), uuid.uuid4()
    for user in (officer, colleague):
        case_note_add(application=case, text=WORDS, submission=form, user=user)
    assert {note.written_by for note in CaseNote.objects.all()} == {officer, colleague}


@pytest.mark.parametrize(
    "text", ["", "   ", "\n", "a" * (LONGEST_NOTE + 1), "with \x00 in it", "reads \u202e backwards"]
)
def test_note_that_cannot_be_kept_comes_back_as_typed(
    signed_in: SignIn, officer: User, case: Application, text: str, is_strict: Any
) -> None:
    response = signed_in(officer).post(address(case), {"text": text, "submission": "forged"})
    is_strict(response)
    assert response.status_code == 422
    assert text.strip()[:20].replace("\x00", "") in response.content.decode().replace("\x00", "")
    assert not CaseNote.objects.exists()


def test_markup_and_right_to_left_text_are_shown_as_text(signed_in: SignIn, officer: User, case: Application) -> None:
    add(case, officer, "<script>alert(1)</script>\nتحدثت مع صاحب العمل")
    shown = signed_in(officer).get(reverse("decisions:case-detail", args=[case.id])).content.decode()
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;<br>تحدثت مع صاحب العمل</bdi>" in shown


def test_closed_case_still_takes_notes_and_its_evidence_names_them(officer: User, new_case: Any) -> None:
    case = new_case(approvable=True)
    before = add(case, officer)
    decision = decision_create(application=case, data=DecisionInput(case.scores.get().id, "approve"), user=officer)
    assert isinstance(decision, Decision)
    after = add(case, officer, "The applicant called back.")
    assert [row for row in records_of(decision) if isinstance(row, CaseNote)] == [before, after]


def test_who_reads_and_who_writes(signed_in: SignIn, officer: User, auditor: User, case: Application) -> None:
    add(case, officer)
    reader = signed_in(auditor)
    shown = reader.get(address(case)).content.decode()
    assert WORDS in shown
    assert "Add the note" not in shown
    assert PersonalDataRead.objects.filter(actor_id=auditor.id).count() == 1
    assert reader.post(address(case), {"text": WORDS}).status_code == 403
    stranger = UserFactory()
    assert signed_in(stranger).get(address(case)).status_code == 404
    assert signed_in(stranger).post(address(case), {"text": WORDS}).status_code == 404
    with pytest.raises(NotAllowed):
        add(case, auditor)
    with pytest.raises(NotFound):
        add(case, stranger)


def test_applicant_who_asks_receives_them_and_erasure_takes_them(senior: User, case: Application) -> None:
    note = add(case, senior)
    bundle = zipfile.ZipFile(io.BytesIO(access_bundle(applicant=case.applicant, user=senior)))
    assert WORDS in [row["text"] for row in json.loads(bundle.read("data.json"))["cases"][0]["notes"]]
    applicant_erase(applicant=case.applicant, actor=senior.actor, ground="request")
    assert "erased" in note_of(CaseNote.objects.get(id=note.id))
    with pytest.raises(PortalError):
        add(Application.objects.get(id=case.id), senior)


def test_many_notes_are_paged_and_the_case_shows_the_newest(
    signed_in: SignIn, officer: User, case: Application
) -> None:
    client = signed_in(officer)
    add(case, officer, "Note 0.")
    with CaptureQueriesContext(connection) as one:
        client.get(address(case))
    for number in range(1, 30):
        add(case, officer, f"Note {number}.")
    with CaptureQueriesContext(connection) as many:
        page = client.get(address(case))
    assert len(one.captured_queries) == len(many.captured_queries)
    texts = [note.text for note in page.context["page"].rows]
    assert texts == [f"Note {number}." for number in range(29, 4, -1)]
    following = client.get(address(case), {"after": page.context["page"].next_after})
    assert [note.text for note in following.context["page"].rows][-1] == "Note 0."
    glance = client.get(reverse("decisions:case-detail", args=[case.id]))
    assert [note.text for note in glance.context["notes"]] == ["Note 29.", "Note 28.", "Note 27."]
    assert "All notes of this case" in glance.content.decode()


def test_session_that_ended_behind_the_script_keeps_what_was_typed(client: Client, case: Application) -> None:
    origin = {"Origin": "http://testserver"}
    assert client.post(address(case), {"text": WORDS}, headers=BY_SCRIPT | origin).status_code == 401
    whole = client.post(address(case), f"text={WORDS}", content_type=FORM, headers=origin)
    assert whole.status_code == 401
    assert WORDS in whole.content.decode()
