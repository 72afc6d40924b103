"""A counter-offer, with a real model: judged before it is written, sent with its reasons, answered once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pgtrigger
import pytest
from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Branch, User
from applications.enums import Status
from applications.models import Application
from applications.selectors import document
from common import jobs
from common.actors import SYSTEM
from decisions.letters.content import letter_of
from decisions.letters.services import facts_of, notice_pdf
from decisions.models import CounterOffer, Decision, Notice, OfferAnswer, Override
from decisions.offers import terms
from decisions.replay import ReplayState, replay
from decisions.services import review_create
from scoring.models import ModelVersion, Policy, Score
from scoring.selectors import assess_changed
from scoring.services import score_create
from tests.factories.applications import ApplicantFactory, ApplicationFactory, credit_file

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
SignIn = Callable[[User], Client]
Scored = Callable[..., Application]
ASKED = {"AMT_CREDIT": 900_000.0, "AMT_GOODS_PRICE": 40_000.0, "AMT_ANNUITY": 2_400.0}
OFFERED = {"AMT_CREDIT": 450_000.0, "AMT_GOODS_PRICE": 20_000.0, "AMT_ANNUITY": 1_200.0}
NOTE = "Half of it fits the household's budget."


@pytest.fixture
def scored(champion: ModelVersion, branch: Branch) -> Scored:
    """A case over the cutoff as asked and under it for half the amount; ``cutoff`` puts it where a test wants it."""

    def make(cutoff: float | None = None) -> Application:
        file = credit_file(EXT_SOURCE_1=0.2, EXT_SOURCE_2=0.2, EXT_SOURCE_3=0.2, **ASKED)
        application = ApplicationFactory(applicant=ApplicantFactory(branch=branch), file=file)
        asked = score_create(application=application, actor=SYSTEM)
        half = assess_changed(asked, file, {**file["application"], **OFFERED}).probability_of_default
        assert half < asked.probability_of_default
        between = (half + asked.probability_of_default) / 2
        Policy.objects.create(product="home_credit", version=99, cutoff=cutoff or between, near_cutoff=0.0)
        score_create(application=application, actor=SYSTEM)
        jobs.run_all_here(lambda _done: None)
        application.refresh_from_db()
        return application

    return make


def current(case: Application) -> Score:
    return case.scores.latest("id")


def typed(case: Application, **fields: Any) -> dict[str, Any]:
    score = current(case)
    codes = [reason["reason_code"] for reason in score.explanation.principal_reasons][:2]
    sent = {"score_id": score.id, "outcome": "counter_offer", "reason_codes": codes, "note": "", **fields}
    return {"offer-AMT_CREDIT": "450000", **sent}


def send(client: Client, case: Application, **fields: Any) -> Any:
    return client.post(reverse("decisions:case-decide", args=[case.id]), typed(case, **fields))


def text_of(response: Any) -> str:
    return str(response.content.decode())


def decided(client: Client, case: Application, **fields: Any) -> Decision:
    assert send(client, case, step="confirmed", **fields).status_code == 302
    return Decision.objects.get(application=case)


def letter(decision: Decision) -> str:
    jobs.run_all_here(lambda _done: None)
    notice = Notice.objects.get(decision=decision)
    assert notice_pdf(notice).startswith(b"%PDF")
    said = letter_of(facts_of(decision), notice.language)
    return "\n".join([said.title, *said.opening, *said.reasons])


def test_offer_is_judged_and_shown_before_it_is_written(
    signed_in: SignIn, officer: User, scored: Scored, is_strict: Any
) -> None:
    case = scored()
    shown = send(signed_in(officer), case)
    assert shown.status_code == 200
    is_strict(shown)
    offer = shown.context["offer"]
    assert [(asked, offered) for _label, asked, offered in offer.lines] == [
        ("900,000\xa0CZK", "450,000\xa0CZK"),
        ("2,400\xa0CZK a month", "1,200\xa0CZK a month"),
    ]
    assert offer.probability_of_default < current(case).cutoff
    assert not CounterOffer.objects.exists()


def test_offer_becomes_a_decision_with_its_terms_and_replays(signed_in: SignIn, officer: User, scored: Scored) -> None:
    case = scored()
    decision = decided(signed_in(officer), case)
    offer = decision.offer
    assert (decision.outcome, offer.terms, offer.changes) == ("counter_offer", {"AMT_CREDIT": 450_000.0}, OFFERED)
    again = assess_changed(
        current(case), document(current(case).credit_file), {**credit_file()["application"], **_row(case), **OFFERED}
    )
    assert offer.probability_of_default == again.probability_of_default
    assert len(decision.reasons) == 2
    assert offer.valid_until == timezone.localdate() + timedelta(days=settings.LENDER["offer_days"])
    assert Application.objects.get(id=case.id).status == Status.DECIDED
    assert replay(Score.objects.get(id=current(case).id)).state == ReplayState.EQUAL


def _row(case: Application) -> dict[str, Any]:
    return dict(document(current(case).credit_file)["application"])


def test_an_altered_offer_is_found_by_replay(signed_in: SignIn, officer: User, scored: Scored) -> None:
    case = scored()
    decided(signed_in(officer), case)
    with pgtrigger.ignore():
        QuerySet.update(CounterOffer.objects.all(), probability_of_default=0.001)
    found = replay(Score.objects.get(id=current(case).id))
    assert found.state == ReplayState.DIFFERENT
    assert [difference.name.endswith("probability_of_default") for difference in found.differences] == [True]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_letter_says_the_terms_the_reasons_and_until_when(
    signed_in: SignIn, officer: User, scored: Scored, language: str
) -> None:
    case = scored()
    case.applicant.language = language
    case.applicant.save(update_fields=["language"])
    decision = decided(signed_in(officer), case)
    words = letter(decision)
    title, amount, until = {
        "en": ("We offer you other terms", "450,000\xa0CZK instead of 900,000\xa0CZK", "stands until"),
        "fr": (
            "Nous vous proposons d'autres conditions",
            "450\xa0000\xa0CZK au lieu de 900\xa0000\xa0CZK",
            "valable jusqu",
        ),
    }[language]
    assert all(part in words for part in (title, amount, until)), words
    assert all(reason["text"][language] in words for reason in decision.reasons)
    assert Notice.objects.get().kind == "counter_offer"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"offer-AMT_CREDIT": ""}, "Offer other terms than those asked for"),
        ({"offer-AMT_CREDIT": "900000"}, "Offer other terms than those asked for"),
        ({"offer-AMT_CREDIT": "1000000"}, "Offer between"),
        ({"offer-AMT_CREDIT": "1000"}, "Offer between"),
        ({"offer-AMT_CREDIT": "-5"}, "Between"),
        ({"offer-AMT_CREDIT": "NaN"}, "Enter a number"),
        ({"offer-AMT_CREDIT": "<b>much</b>"}, "Enter a number"),
        ({"offer-AMT_ANNUITY": "2401"}, "Offer between"),
        ({"reason_codes": []}, "Choose at least one reason"),
    ],
)
def test_what_cannot_be_offered_is_said_and_kept_as_typed(
    signed_in: SignIn, officer: User, scored: Scored, fields: dict[str, str], said: str
) -> None:
    response = send(signed_in(officer), scored(), **fields)
    assert response.status_code == 422
    assert said in text_of(response)
    assert not CounterOffer.objects.exists()


def test_offer_still_over_the_cutoff_needs_a_second_person_and_sends_the_models_reasons(
    signed_in: SignIn, officer: User, senior: User, scored: Scored
) -> None:
    case = scored(cutoff=0.001)
    assert "say why, in your own reason" in text_of(send(signed_in(officer), case))
    own = {"override_reason": "collateral", "note": NOTE}
    assert send(signed_in(officer), case, step="confirmed", **own).status_code == 302
    override = Override.objects.get()
    assert (override.direction, override.offer.changes, len(override.sent_reasons)) == ("low_side", OFFERED, 2)
    review_create(override_id=override.id, verdict="confirmed", user=senior)
    decision = Decision.objects.get()
    assert decision.reasons == override.sent_reasons
    assert facts_of(decision).by_model
    assert "over_cutoff" in decision.offer.policy_findings


def test_offer_over_the_cutoff_where_the_request_was_under_it_is_refused(
    signed_in: SignIn, officer: User, scored: Scored, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = scored(cutoff=0.9)
    riskier = replace(_assessed(case), probability_of_default=0.95)
    monkeypatch.setattr(terms, "assess_changed", lambda *_args: riskier)
    response = send(signed_in(officer), case, override_reason="over_indebted", note=NOTE, reason_codes=[])
    assert response.status_code == 422
    assert "riskier than those asked for" in text_of(response)


def _assessed(case: Application) -> Any:
    file = document(current(case).credit_file)
    return assess_changed(current(case), file, file["application"])


def test_offer_against_an_advice_to_approve_needs_a_second_person(
    signed_in: SignIn, officer: User, senior: User, scored: Scored
) -> None:
    case = scored(cutoff=0.9)
    own = {"reason_codes": [], "override_reason": "over_indebted", "note": NOTE}
    assert send(signed_in(officer), case, step="confirmed", **own).status_code == 302
    override = Override.objects.get()
    assert (override.direction, override.offer.changes) == ("high_side", OFFERED)
    page = signed_in(senior).get(reverse("decisions:review-detail", args=[override.id]))
    assert "450,000" in text_of(page)
    review_create(override_id=override.id, verdict="confirmed", user=senior)
    decision = Decision.objects.get()
    assert (decision.offer, decision.reasons[0]["reason_code"]) == (override.offer, "over_indebted")


def test_proposal_is_withdrawn_by_its_owner_alone_and_can_be_made_anew(
    signed_in: SignIn, officer: User, senior: User, scored: Scored
) -> None:
    case = scored(cutoff=0.9)
    own = {"reason_codes": [], "override_reason": "over_indebted", "note": NOTE, "step": "confirmed"}
    send(signed_in(officer), case, **own)
    address = reverse("decisions:proposal-withdraw", args=[Override.objects.get().id])
    assert signed_in(senior).post(address).status_code == 404
    assert "Withdraw the proposal" in text_of(signed_in(officer).get(reverse("decisions:case-detail", args=[case.id])))
    assert signed_in(officer).post(address).status_code == 302
    told = text_of(signed_in(officer).get(reverse("decisions:case-detail", args=[case.id])))
    assert told.count("The case was open again to be decided") == 1
    assert told.count("The reasons were ready") == 1
    case.refresh_from_db()
    assert (case.status, Override.objects.get().review.verdict) == (Status.EXPLAINED, "withdrawn")
    assert signed_in(officer).post(address).status_code == 409
    send(signed_in(officer), case, **own)
    assert Override.objects.count() == 2


@pytest.mark.parametrize(("reply", "said"), [("accepted", "The applicant accepts."), ("declined", "does not accept.")])
def test_answer_is_recorded_once(signed_in: SignIn, officer: User, scored: Scored, reply: str, said: str) -> None:
    client = signed_in(officer)
    decision = decided(client, scored())
    receipt, address = (reverse(f"decisions:{name}", args=[decision.id]) for name in ("decision-detail", "offer-reply"))
    assert "It is recorded once." in text_of(client.get(receipt))
    client.post(address, {"reply": "perhaps"})
    assert not OfferAnswer.objects.exists()
    assert client.post(address, {"reply": reply}).status_code == 302
    assert client.post(address, {"reply": "accepted"}).status_code == 409
    assert OfferAnswer.objects.get().reply == reply
    assert said in text_of(client.get(receipt))


def test_what_has_ended_cannot_be_accepted(signed_in: SignIn, officer: User, scored: Scored) -> None:
    client = signed_in(officer)
    decision = decided(client, scored())
    with pgtrigger.ignore():
        QuerySet.update(CounterOffer.objects.all(), valid_until=timezone.localdate() - timedelta(days=1))
    address = reverse("decisions:offer-reply", args=[decision.id])
    assert client.post(address, {"reply": "accepted"}).status_code == 409
    assert "has ended" in text_of(client.get(reverse("decisions:decision-detail", args=[decision.id])))
    assert client.post(address, {"reply": "declined"}).status_code == 302


def test_other_branch_sees_neither(signed_in: SignIn, officer: User, stranger: User, scored: Scored) -> None:
    decision = decided(signed_in(officer), scored())
    address = reverse("decisions:offer-reply", args=[decision.id])
    assert signed_in(stranger).post(address, {"reply": "accepted"}).status_code == 404


def test_the_database_refuses_an_offer_without_terms(officer: User, scored: Scored) -> None:
    case = scored()
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        Decision.objects.create(
            application=case, score=current(case), outcome="counter_offer", reasons=[{}], decided_by=officer
        )
