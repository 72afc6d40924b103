"""What each role does in a day, in Chromium: with a race, an ended session, no JavaScript, and the keyboard alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib.sessions.models import Session
from django.urls import reverse

from accounts.models import ApiKey, User
from decisions.models import CaseNote, CounterOffer, Decision, Referral
from scoring.models import ModelVersion
from tests.browser.world import World, build_world

NOTE = "The guarantor's payslips were seen."
SignIn = Callable[[Any, User], None]


def test_two_officers_on_one_case_and_the_second_is_told_who_was_first(
    world: World, open_page: Any, visit: Any
) -> None:
    first, second = open_page(world.people["officer"]), open_page(world.people["senior"])
    for page in (first, second):
        visit(page, "decisions:case-detail", "case")
    second.fill("textarea[name=note]", NOTE)
    first.check("input[name=outcome][value=decline]")
    first.click("#decide button[value=check]")
    first.click("button[value=confirmed]")
    first.get_by_text("This page is its receipt").wait_for()
    second.check("input[name=outcome][value=decline]")
    second.click("#decide button[value=check]")
    refusal = second.locator("[role=alert]").inner_text()
    assert "decided" in refusal
    assert NOTE in second.content()
    assert "Odile Officier" in second.locator("#decide").inner_text()
    assert Decision.objects.filter(application=world.places["case"][0]).count() == 1


def test_note_is_kept_while_a_decision_is_being_typed_and_after_the_session_ended(
    world: World, open_page: Any, visit: Any, sign_in: Any
) -> None:
    page = open_page(world.people["officer"])
    visit(page, "decisions:case-detail", "case")
    before = CaseNote.objects.count()
    page.fill("#decide textarea[name=note]", "Half a sentence of the decision")
    page.click("#note-add")
    page.locator("#notes").get_by_text("Write the note first.").wait_for()
    page.fill("#notes textarea", NOTE)
    page.dblclick("#note-add")
    page.locator("#notes [role=status]").get_by_text("The note is kept.").wait_for()
    assert page.input_value("#decide textarea[name=note]") == "Half a sentence of the decision"
    assert page.input_value("#notes textarea") == ""
    assert page.evaluate("document.activeElement.id") == "note-add"
    assert CaseNote.objects.count() == before + 1
    page.context.clear_cookies()
    page.fill("#notes textarea", "Typed too late.")
    page.click("#note-add")
    page.get_by_role("heading", name="Not sent yet").wait_for()
    sign_in(page.context.new_page(), world.people["officer"])
    page.get_by_role("button", name="Send it again").click()
    page.get_by_text("You are signed in again").wait_for()
    page.get_by_role("button", name="Send it again").click()
    page.locator("#main li").get_by_text("Typed too late.").wait_for()


def test_what_was_typed_survives_the_end_of_the_session(world: World, open_page: Any, visit: Any, sign_in: Any) -> None:
    page = open_page(world.people["officer"])
    visit(page, "decisions:case-detail", "case")
    page.check("input[name=outcome][value=refer]")
    page.fill("textarea[name=note]", NOTE)
    Session.objects.all().delete()
    page.click("#decide button[value=check]")
    page.get_by_role("heading", name="Not sent yet").wait_for()
    sign_in(page.context.new_page(), world.people["officer"])
    page.get_by_role("button", name="Send it again").click()
    page.get_by_text("You are signed in again").wait_for()
    page.get_by_role("button", name="Send it again").click()
    page.get_by_role("heading", name="Confirm the referral").wait_for()
    assert NOTE in page.content()
    page.click("button[value=confirmed]")
    page.wait_for_load_state()
    assert Referral.objects.count() == 1


def test_senior_confirms_a_proposal_without_javascript_in_french(
    world: World, open_page: Any, visit: Any, complaints: list[str]
) -> None:
    User.objects.update(language="fr")
    page = open_page(world.people["senior"], java_script_enabled=False)
    visit(page, "decisions:review-list")
    page.locator("tbody a").first.click()
    page.check("input[name=verdict][value=confirmed]")
    page.get_by_role("button", name="Enregistrer ma réponse").click()
    page.get_by_text("La dérogation est confirmée").wait_for()
    assert Decision.objects.get(override=world.places["override"][0]).confirmed_by == world.people["senior"]


def test_officer_makes_a_counter_offer_with_the_keyboard_and_withdraws_it(
    world: World, open_page: Any, visit: Any
) -> None:
    page = open_page(world.people["officer"])
    visit(page, "decisions:case-detail", "case")
    amount = page.locator("input[name='offer-AMT_CREDIT']")
    assert not amount.is_visible()
    page.focus("input[name=outcome][value=approve]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert amount.evaluate("field => field === document.activeElement")
    page.keyboard.type("30000")
    page.select_option("[name=override_reason]", "collateral")
    page.fill("textarea[name=note]", NOTE)
    page.focus("#decide button[value=check]")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="The counter-offer").wait_for()
    page.focus("button[value=confirmed]")
    page.keyboard.press("Enter")
    page.get_by_text("Your proposal is recorded").wait_for()
    offer = CounterOffer.objects.get(application=world.places["case"][0])
    assert offer.terms == {"AMT_CREDIT": 30000}
    page.get_by_role("button", name="Withdraw the proposal").click()
    page.get_by_text("The proposal is withdrawn").wait_for()
    assert offer.override.review.verdict == "withdrawn"
    assert page.locator("input[name=outcome]").count() == 4


def test_auditor_administrator_and_risk_manager_at_their_work(
    champion: ModelVersion, file_stores: None, tmp_path: Path, open_page: Any, live_server: Any
) -> None:
    world = build_world(champion, tmp_path)
    auditor_replays(open_page(world.people["auditor"]), live_server.url)
    administrator_creates_a_key(open_page(world.people["administrator"]), live_server.url)
    risk_manager_fetches_results(open_page(world.people["risk"]), live_server.url, world)


def auditor_replays(page: Any, url: str) -> None:
    page.goto(url + reverse("decisions:decision-list"))
    page.locator("tbody a").first.click()
    page.get_by_role("link", name="Evidence and replay").click()
    page.get_by_role("button", name="Replay").first.click()
    page.get_by_text("Equal to the last bit").first.wait_for()


def administrator_creates_a_key(page: Any, url: str) -> None:
    before = ApiKey.objects.count()
    page.goto(url + reverse("accounts:key-create"))
    page.fill("input[name=name]", "Core banking")
    page.locator("select[name=branch]").select_option(index=1)
    page.locator("input[name=scopes]").first.check()
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state()
    assert ApiKey.objects.count() == before + 1, page.locator("main").inner_text()


def risk_manager_fetches_results(page: Any, url: str, world: World) -> None:
    page.goto(url + reverse("monitoring:run-detail", args=world.places["run"]))
    assert page.locator("table").count() > 0
    page.goto(url + reverse("scoring:batch-detail", args=world.places["batch"]))
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").first.click()
    assert Path(download.value.path()).read_text(encoding="utf-8").startswith("row,id,")
