"""What a team's admin comes to do, counted in clicks from the page that people land on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from budgets.core.errors import InvalidKey
from budgets.models import ApiKey, Budget, BudgetRaise
from budgets.services.access import authenticate_key
from budgets.services.keys import create_key
from tests.browser import budget_scene, world
from tests.browser.conftest import log_in

pytestmark = pytest.mark.django_db(transaction=True)


class Clicks:
    """Counts every click of the pointer; typing and Tab cost none."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, target: Locator) -> None:
        target.click()
        self.count += 1


@pytest.fixture
def clicks() -> Iterator[Clicks]:
    yield Clicks()


@pytest.fixture
def landed(page: Page, address: str) -> Page:
    """The page that an owner lands on, of an org whose team will overrun."""
    org, eng, _ = world.org_with_people()
    budget_scene.money(org, eng)
    log_in(page, address)
    page.goto(address)
    return page


def nav(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation", name="Main").get_by_role("link", name=name)


def test_which_team_overruns_and_when_is_there_without_a_click(landed: Page):
    Budget.objects.filter(team__slug="eng").update(limit_nanousd=world.usd("39"))
    budget = Budget.objects.get(team__slug="eng")
    budget.raises.all().delete()
    period = budget.periods.latest("starts_at")
    period.limit_nanousd, period.raised_nanousd = period.spent_nanousd + world.usd("1"), 0
    period.save()
    landed.reload()

    expect(landed.get_by_text(re.compile("Engineering: budget runs out"))).to_be_visible()
    until = timezone.now() + timedelta(days=1)
    months = {f"{at:%B}" for at in (timezone.now(), until)}
    expect(landed.locator(".attention")).to_contain_text(re.compile("|".join(months)))


def test_a_monthly_budget_with_alerts_takes_three_clicks(landed: Page, clicks: Clicks):
    clicks(nav(landed, "Budgets"))
    clicks(landed.get_by_role("button", name="Set a budget for Research"))
    landed.keyboard.type("30")  # the dialog opens in its first field
    clicks(landed.get_by_role("button", name="Set the budget"))

    expect(landed.get_by_role("status").first).to_contain_text("Research may spend $30.00")
    assert clicks.count == 3
    made = Budget.objects.get(team__slug="research")
    assert (made.period, made.limit_nanousd) == ("month", world.usd("30"))
    assert made.thresholds == made.forecast_thresholds == [50, 80, 100]


def test_a_raise_until_tomorrow_with_a_reason_takes_three_clicks(landed: Page, clicks: Clicks):
    BudgetRaise.objects.all().delete()
    clicks(nav(landed, "Budgets"))
    clicks(landed.get_by_role("button", name="Raise Engineering"))
    dialog = landed.get_by_role("dialog")
    dialog.get_by_label("Raise by").fill("12.50")
    dialog.get_by_label("Reason").fill("The launch is today")
    clicks(dialog.get_by_role("button", name="Raise", exact=True))

    expect(landed.get_by_text("Raised by $12.50 until")).to_be_visible()
    assert clicks.count == 3
    made = BudgetRaise.objects.get()
    assert (made.reason, made.created_by) == ("The launch is today", "ada")
    assert timedelta(hours=23) < made.expires_at - timezone.now() <= timedelta(days=1)


def test_what_was_blocked_and_who_changed_what_takes_two_clicks_at_most(
    landed: Page, clicks: Clicks
):
    clicks(nav(landed, "Budgets"))
    blocked = landed.get_by_role("region", name="Blocked by a budget")
    expect(blocked).to_contain_text("A submission by dev")
    expect(blocked).to_contain_text("$12.50")
    expect(landed.get_by_role("region", name="Who changed what")).to_contain_text(
        "Two people joined the team"
    )
    clicks(landed.get_by_role("link", name="Engineering").first)
    expect(landed.get_by_role("heading", name="What is left")).to_be_visible()
    expect(landed.get_by_role("region", name="Blocked by a budget")).to_contain_text("$12.50")
    assert clicks.count == 2


def test_a_limited_key_is_made_in_three_clicks_and_shown_once(landed: Page, clicks: Clicks):
    clicks(nav(landed, "API keys"))
    landed.get_by_label("Name", exact=True).fill("release bot")
    landed.get_by_label("Models").fill("sim/gpt-6-luna")
    clicks(landed.get_by_label("usage:read"))
    clicks(landed.get_by_role("button", name="Create the key"))

    raw = landed.locator("#made-key").inner_text()
    assert clicks.count == 3
    caller = authenticate_key(raw, timezone.now())
    assert caller.models == frozenset({"sim/gpt-6-luna"})
    assert set(ApiKey.objects.get(name="release bot").scopes) == {
        "runs:write",
        "runs:read",
        "usage:read",
    }
    nav(landed, "API keys").click()
    expect(landed.locator("#made-key")).to_have_count(0)


def test_a_key_is_revoked_in_three_clicks(landed: Page, clicks: Clicks):
    team = Budget.objects.get(team__slug="eng").team
    assert team is not None
    _, raw = create_key(team=team, name="leaked", scopes=[])
    clicks(nav(landed, "API keys"))
    clicks(landed.get_by_role("button", name="Revoke leaked"))
    clicks(landed.get_by_role("button", name="Revoke it"))

    expect(landed.get_by_text("leaked opens nothing any more")).to_be_visible()
    assert clicks.count == 3
    with pytest.raises(InvalidKey):
        authenticate_key(raw, timezone.now())


def test_what_is_refused_is_said_and_the_page_stays(landed: Page, errors: list[str]):
    nav(landed, "Budgets").click()
    landed.get_by_role("link", name="Engineering").first.click()
    landed.get_by_label("Limit", exact=True).fill("1")
    landed.get_by_role("button", name="Save").click()

    expect(landed.get_by_text(re.compile("cancel runs first"))).to_be_visible()
    landed.get_by_role("button", name="Take back").click()
    expect(landed.get_by_text("The raise is taken back")).to_be_visible()
    assert errors == []
