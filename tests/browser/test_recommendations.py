"""What an analyst comes to do with recommendations, counted in clicks from the landing page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from routing.models import Recommendation
from tests.browser import advice_scene, world
from tests.browser.conftest import log_in
from tests.browser.test_budgets import Clicks

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_recommendation_is_reviewed_and_applied_in_three_clicks_and_reverted_in_one(
    page: Page, address: str, errors: list[str]
):
    _, eng, _ = world.org_with_people()
    world.run(eng)
    found = advice_scene.advice(eng)
    clicks = Clicks()
    log_in(page, address)
    page.goto(f"{address}/overview/")
    expect(page.get_by_text("Savings realised")).to_be_visible()

    clicks(page.get_by_role("link", name="A new recommendation"))
    clicks(page.get_by_role("link", name=found["proposed"].title))
    expect(page.get_by_role("heading", name="What it rests on")).to_be_visible()
    expect(page.get_by_text("n 640").or_(page.get_by_text("640", exact=True)).first).to_be_visible()
    clicks(page.get_by_role("button", name="Apply"))

    expect(page.get_by_role("status").filter(has_text="Applied. It holds")).to_be_visible()
    assert clicks.count == 3
    assert Recommendation.objects.get(pk=found["proposed"].pk).state == "applied"

    clicks(page.get_by_role("button", name="Revert"))
    expect(page.get_by_role("status").filter(has_text="Reverted")).to_be_visible()
    assert clicks.count == 4
    assert errors == []


def test_a_shadow_is_started_with_its_money_and_shows_both_answers(page: Page, address: str):
    _, eng, _ = world.org_with_people()
    found = advice_scene.advice(eng)
    log_in(page, address)
    page.goto(f"{address}/recommendations/{found['proposed'].pk}/")
    page.get_by_label("Most it may cost").fill("2.50")
    page.get_by_role("button", name="Start shadow").click()
    expect(page.get_by_text("$2.50", exact=False).first).to_be_visible()

    page.goto(f"{address}/recommendations/{found['shadow'].pk}/")
    expect(page.get_by_text(advice_scene.PROPOSED_TEXT).first).to_be_visible()
    expect(page.get_by_text("12 comparisons", exact=False)).to_be_visible()
