"""A contest from the applicant's letter to the answer, in Chromium: by keys alone, without a script, in French."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from applications.enums import Status
from decisions.models import Contest, Decision
from tests.browser.world import World

VIEW = "My employer made my contract permanent in June.\nتحدثت مع صاحب العمل"
ANSWER = "Your contract was read again: it does not change the income that counted."


def press_until(page: Any, selector: str) -> None:
    """Tab, as somebody without a mouse does, until the field is reached."""
    for _step in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} cannot be reached with the keyboard")


def test_view_is_recorded_and_answered_by_another_person_with_the_keyboard_alone(
    world: World, open_page: Any, visit: Any, check_accessible: Any
) -> None:
    declined = Decision.objects.get(id=world.places["decision"][0])
    page = open_page(world.people["officer"])
    page.goto(page.url + f"decisions/{declined.id}/")
    press_until(page, f"a[href='{reverse('decisions:contest-new', args=[declined.application_id])}']")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Record a contest").wait_for()
    press_until(page, "textarea[name=view]")
    page.keyboard.insert_text(VIEW)
    press_until(page, "main form button[type=submit]")
    page.keyboard.press("Enter")
    page.get_by_text("The contest is recorded").wait_for()
    contest = Contest.objects.get(decision=declined)
    assert page.get_by_text("تحدثت مع صاحب العمل").is_visible()
    assert page.get_by_role("button", name="Examine it").count() == 0
    page.get_by_text("A senior officer of the branch examines it.").wait_for()
    check_accessible(page)
    examine_with_the_keyboard(open_page(world.people["senior"]), contest)
    page.reload()
    assert ANSWER in page.locator("section[aria-labelledby=answer-heading]").inner_text()


def examine_with_the_keyboard(page: Any, contest: Contest) -> None:
    link = f"a[href='{reverse('decisions:contest-detail', args=[contest.id])}']"
    press_until(page, f"a[href='{reverse('decisions:senior-desk')}']")
    page.keyboard.press("Enter")
    page.locator(link).first.wait_for()
    press_until(page, link)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Examine it").wait_for()
    press_until(page, "form[action$='/take/'] button")
    page.keyboard.press("Enter")
    page.get_by_text("You examine this contest now").wait_for()
    press_until(page, "input[name=outcome]")
    page.keyboard.press("Space")
    press_until(page, "textarea[name=text]")
    page.keyboard.insert_text(ANSWER)
    press_until(page, "button[value=record]")
    page.keyboard.press("Enter")
    page.get_by_text("The answer is recorded. The decision stands.").wait_for()
    assert contest.answer.outcome == "upheld"


def test_decision_is_taken_back_without_a_script_in_french(world: World, open_page: Any, visit: Any) -> None:
    User.objects.update(language="fr")
    contest = Contest.objects.get(id=world.places["contest"][0])
    page = open_page(world.people["senior"], java_script_enabled=False)
    visit(page, "decisions:contest-detail", "contest")
    page.get_by_role("button", name="Examiner").click()
    page.get_by_role("button", name="Enregistrer la réponse").click()
    assert page.locator("[role=alert]").inner_text()
    page.check("input[name=outcome][value=overturned]")
    page.fill("textarea[name=text]", "Votre nouveau contrat change notre appréciation : la décision est retirée.")
    page.get_by_role("button", name="Enregistrer la réponse").click()
    page.get_by_text("La décision est retirée").first.wait_for()
    contest.application.refresh_from_db()
    assert (contest.application.status, contest.application.assigned_to) == (Status.EXPLAINED, world.people["senior"])
    assert page.locator("input[name=outcome]").count() == 4
