"""Keep a what-if: another version of the file, scored anew, with who, when and why; and who may not."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Branch, User
from applications.enums import Source, Status
from applications.models import Application, CreditFile
from applications.selectors import document
from common import jobs
from common.actors import SYSTEM
from common.canonical import sha256_of
from common.errors import Conflict, InvalidInput
from common.models import LedgerEvent
from decisions.amendments.services import amendment_create, changed_columns
from decisions.evidence.document import records_of
from decisions.models import Decision, FileAmendment
from decisions.services import note_of
from scoring.models import ModelVersion, Score
from scoring.services import score_create
from tests.factories.accounts import UserFactory
from tests.factories.applications import ApplicantFactory, ApplicationFactory, credit_file

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
SignIn = Callable[[User], Client]
WHY = "The salary slip of October proves it."


@pytest.fixture
def scored(champion: ModelVersion, branch: Branch) -> Application:
    risky = credit_file(EXT_SOURCE_1=0.2, EXT_SOURCE_2=0.2, EXT_SOURCE_3=0.2, AMT_CREDIT=900_000.0)
    application = ApplicationFactory(applicant=ApplicantFactory(branch=branch), file=risky)
    score_create(application=application, actor=SYSTEM)
    jobs.run_all_here(lambda _done: None)
    application.refresh_from_db()
    return application


def ask(client: Client, application: Application, headers: dict[str, str] | None = None, **values: Any) -> Any:
    address = reverse("decisions:case-what-if", args=[application.id])
    form = client.get(address).context["form"]
    typed = {name: form[name].value() for name in form.fields}
    typed = {name: value for name, value in typed.items() if value not in (None, "", False)}
    return client.post(address, {**typed, **values}, headers=headers or {})


def keep(client: Client, application: Application, headers: dict[str, str] | None = None, **values: Any) -> Any:
    """Ask, then press the button under the answer with what the answer carries."""
    shown = ask(client, application, **values).context
    carried = {"step": "keep", "note": WHY, "asked": shown["asked"], "score_id": str(shown["score"].id)}
    return ask(client, application, headers, **(carried | values))


def test_kept_what_if_is_a_new_version_that_is_scored_and_explained(
    signed_in: SignIn, officer: User, scored: Application
) -> None:
    before = scored.scores.get()
    response = keep(signed_in(officer), scored, AMT_CREDIT="300000")
    assert response.headers["Location"] == reverse("decisions:case-detail", args=[scored.id])
    kept = CreditFile.objects.get(version=2)
    assert (kept.source, kept.actor_id) == (Source.WHAT_IF, officer.id)
    assert document(kept)["application"]["AMT_CREDIT"] == 300_000
    scored.refresh_from_db()
    assert scored.status == Status.SUBMITTED
    jobs.run_all_here(lambda _done: None)
    scored.refresh_from_db()
    assert scored.status == Status.EXPLAINED
    after = Score.objects.get(credit_file=kept)
    assert after.probability_of_default != before.probability_of_default
    assert after.features["AMT_CREDIT"] == 300_000


def test_record_says_who_why_and_which_columns_and_the_ledger_names_no_value(
    signed_in: SignIn, officer: User, scored: Application
) -> None:
    keep(signed_in(officer), scored, AMT_CREDIT="300000")
    amendment = FileAmendment.objects.get()
    assert amendment.amended_by == officer
    assert amendment.columns == ["AMT_CREDIT"]
    assert note_of(amendment) == WHY
    assert WHY.encode() not in bytes(amendment.note_encrypted)
    event = LedgerEvent.objects.get(action="file.amended")
    assert event.subject_id == scored.id
    assert set(event.facts) == {"amendment", "file"}


def test_asking_alone_keeps_nothing_and_offers_to_keep(
    signed_in: SignIn, officer: User, scored: Application, is_strict: Any
) -> None:
    response = ask(signed_in(officer), scored, AMT_CREDIT="300000")
    is_strict(response)
    assert "Keep as a new version" in response.content.decode()
    assert CreditFile.objects.count() == 1
    assert "Keep as a new version" not in ask(signed_in(officer), scored).content.decode()


def test_without_a_reason_nothing_is_kept_and_nothing_typed_is_lost(
    signed_in: SignIn, officer: User, scored: Application
) -> None:
    response = keep(signed_in(officer), scored, AMT_CREDIT="300000", note="short")
    text = response.content.decode()
    assert response.status_code == 422
    assert "Say where the new values come from" in text
    assert ">short</textarea>" in text
    assert CreditFile.objects.count() == 1


def test_values_changed_after_the_answer_are_shown_before_they_are_kept(
    signed_in: SignIn, officer: User, scored: Application
) -> None:
    client = signed_in(officer)
    shown = ask(client, scored, AMT_CREDIT="300000").context
    carried = {"step": "keep", "note": WHY, "asked": shown["asked"], "score_id": str(shown["score"].id)}
    response = ask(client, scored, **carried, AMT_CREDIT="200000")
    assert "You changed values after the answer" in response.content.decode()
    assert response.context["asked"] != shown["asked"]
    assert CreditFile.objects.count() == 1


def test_with_script_the_answer_leads_to_the_case(signed_in: SignIn, officer: User, scored: Application) -> None:
    response = keep(signed_in(officer), scored, {"HX-Request": "true"}, AMT_CREDIT="300000")
    assert response.headers["HX-Redirect"] == reverse("decisions:case-detail", args=[scored.id])


def test_who_may_only_read_is_told_so_and_can_keep_nothing(
    signed_in: SignIn, auditor: User, scored: Application
) -> None:
    text = ask(signed_in(auditor), scored, AMT_CREDIT="300000").content.decode()
    assert "Deciding it is for the officers of the branch" in text
    response = keep(signed_in(auditor), scored, AMT_CREDIT="300000")
    assert response.status_code == 422
    assert CreditFile.objects.count() == 1


def test_second_press_and_a_stale_page_are_refused(officer: User, scored: Application) -> None:
    score = scored.scores.get()
    row = {**document(scored.latest_file)["application"], "AMT_CREDIT": 300_000.0}
    amendment_create(application=scored, score_id=score.id, row=row, note=WHY, user=officer)
    with pytest.raises(Conflict, match="changed since you opened"):
        amendment_create(application=scored, score_id=score.id, row=row, note=WHY, user=officer)
    assert CreditFile.objects.count() == 2


def test_decided_case_keeps_its_file(officer: User, scored: Application) -> None:
    score = scored.scores.get()
    row = {**document(scored.latest_file)["application"], "AMT_CREDIT": 300_000.0}
    Decision.objects.create(application=scored, score=score, outcome="approve", decided_by=UserFactory())
    Application.objects.filter(id=scored.id).update(status=Status.DECIDED)
    with pytest.raises(Conflict, match="already decided"):
        amendment_create(application=scored, score_id=score.id, row=row, note=WHY, user=officer)
    assert CreditFile.objects.count() == 1


def test_unchanged_and_forbidden_values_are_refused(officer: User, scored: Application) -> None:
    score = scored.scores.get()
    row = document(scored.latest_file)["application"]
    with pytest.raises(InvalidInput, match="Nothing differs"):
        amendment_create(application=scored, score_id=score.id, row=row, note=WHY, user=officer)
    with pytest.raises(InvalidInput):
        amendment_create(application=scored, score_id=score.id, row={**row, "AMT_CREDIT": -1.0}, note=WHY, user=officer)
    assert (CreditFile.objects.count(), FileAmendment.objects.count()) == (1, 0)


def test_evidence_of_the_decision_holds_the_change(officer: User, scored: Application) -> None:
    row = {**document(scored.latest_file)["application"], "AMT_CREDIT": 300_000.0}
    amendment_create(application=scored, score_id=scored.scores.get().id, row=row, note=WHY, user=officer)
    jobs.run_all_here(lambda _done: None)
    score = Score.objects.get(credit_file__version=2)
    decision = Decision.objects.create(application=scored, score=score, outcome="approve", decided_by=officer)
    assert FileAmendment.objects.get() in records_of(decision)


def test_null_and_absent_are_the_same() -> None:
    assert changed_columns({"a": 1, "b": None}, {"a": 2}) == ["a"]


def test_digest_of_the_asked_row_is_over_the_whole_row(signed_in: SignIn, officer: User, scored: Application) -> None:
    row = document(scored.latest_file)["application"]
    assert ask(signed_in(officer), scored).context["asked"] == sha256_of(row)
