"""Overview and Costs in a real browser: charts under a strict policy, live, zoomed, by keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from budgets.models import Team
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordCall, RecordEvent
from tests.browser import figures, world
from tests.browser.conftest import log_in

pytestmark = pytest.mark.django_db(transaction=True)
DRAWN = "[data-drawn] .main-svg"
# Any of the bars: plotly draws one path for each bucket of each trace.
BAR = ".bars .point path"


@pytest.fixture
def team(page: Page, address: str) -> Team:
    _, eng, _ = world.org_with_people()
    figures.history(eng)
    log_in(page, address)
    return eng


def spend(team: Team, dollars: str = "3.5") -> None:
    """Record a dear call as the engine does, with the event that tells of it."""
    made = figures.call(team, world.MODELS[0], 0, "code_review", 1, timezone.now())
    made.cost_nanousd = world.usd(dollars)
    told: dict[str, Any] = {"org_id": team.org_id, "team_id": team.pk, "run_id": made.run_id}
    apply_now(RecordCall(made), RecordEvent(type="call.finished", at=timezone.now(), **told))


def until(page: Page, script: str) -> None:
    """Wait for a script to be true; what polls inside the page would need eval."""
    for _ in range(50):
        if page.evaluate(script):
            return
        page.wait_for_timeout(100)
    raise AssertionError(script)


def series(page: Page) -> Any:
    return page.evaluate("document.querySelector('[data-plot]').data.map((each) => each.y)")


@pytest.mark.parametrize("path", ["/overview/", "/costs/", "/costs/?range=48h&metric=latency_p50"])
def test_charts_are_drawn_and_break_no_policy(
    page: Page, address: str, team: Team, errors: list[str], path: str
):
    page.goto(address + path)
    page.locator(DRAWN).first.wait_for()
    # A style element that the policy had refused would leave the layers beside each other.
    assert page.locator(DRAWN).first.evaluate("(e) => getComputedStyle(e).position") == "absolute"
    assert page.locator("style").count() == 0
    assert errors == []


def test_a_page_without_charts_does_not_load_the_library(page: Page, address: str, team: Team):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/runs/")
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "plotly" in url]


def test_a_chart_that_cannot_be_drawn_says_so_and_is_drawn_when_it_can(
    page: Page, address: str, team: Team
):
    page.route("**/plotly-cartesian*", lambda route: route.abort())
    page.goto(f"{address}/costs/")
    expect(page.get_by_text("The chart could not be drawn.")).to_be_visible()
    page.unroute_all()
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    spend(team)
    expect(page.locator(DRAWN).first).to_be_visible()
    expect(page.get_by_text("The chart could not be drawn.")).to_be_hidden()


def test_totals_and_chart_change_while_the_page_is_open_and_keep_the_zoom(
    page: Page, address: str, team: Team
):
    page.goto(f"{address}/costs/?range=30d")
    page.locator(DRAWN).first.wait_for()
    page.evaluate("window.kept = true")
    page.evaluate(
        "Plotly.relayout(document.querySelector('[data-plot]'),"
        " {'xaxis.range[0]': '2020-01-01', 'xaxis.range[1]': '2030-01-01'})"
    )
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    before = series(page)
    spend(team, "123.25")

    expect(page.locator(".breakdown tbody")).to_contain_text("$123", timeout=3_000)
    for heat in ("days-title", "hours-title"):
        expect(page.locator(f"[aria-labelledby={heat}] .heat")).to_contain_text("$123")
    until(page, "document.querySelector('[data-plot]').data[0].y.at(-1) > 123")
    assert series(page) != before
    assert page.evaluate("document.querySelector('[data-plot]').layout.xaxis.range[0]") == (
        "2020-01-01"
    )
    page.get_by_role("button", name="Show all again").click()
    until(page, "document.querySelector('[data-plot]').layout.xaxis.autorange === true")
    assert page.evaluate("window.kept")


def test_the_overview_follows_too(page: Page, address: str, team: Team):
    page.goto(f"{address}/overview/")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    spend(team, "77.00")
    expect(page.locator(".dash-facts")).to_contain_text("$78.09", timeout=3_000)


def test_a_chart_follows_the_theme(page: Page, address: str, team: Team):
    page.emulate_media(color_scheme="light")
    page.goto(f"{address}/overview/")
    colour = "getComputedStyle(document.querySelector('.bars .point path')).fill"
    page.locator(f"{BAR} >> visible=true").first.wait_for()  # a day without calls has a flat one
    light = page.evaluate(colour)
    page.get_by_role("button", name="Dark").click()
    until(page, f"{colour} !== {light!r}")


def test_what_is_explored_stands_in_the_address(page: Page, address: str, team: Team):
    page.goto(f"{address}/costs/?range=30d")
    page.get_by_label("By", exact=True).select_option("task_type")
    page.wait_for_url("**group=task_type**")
    assert "range=30d" in page.url
    expect(page.get_by_role("rowheader", name="Code review")).to_be_visible()
    page.get_by_role("link", name="Code review").click()
    page.wait_for_url("**task_type=code_review**")
    page.get_by_role("link", name="Overview").click()
    expect(page.locator(".chip")).to_contain_text("Code review")


def test_an_export_states_its_rows_before_it_is_taken(page: Page, address: str, team: Team):
    page.goto(f"{address}/costs/?range=30d")
    page.locator("summary", has_text="Export").click()
    offers = page.locator(".offers li")
    expect(offers).to_have_count(3)
    expect(offers.first).to_contain_text("rows")
    with page.expect_download() as download:
        offers.nth(1).get_by_role("link").click()
    assert download.value.suggested_filename.endswith(".json")


def test_the_overview_prints_without_its_controls(page: Page, address: str, team: Team):
    page.goto(f"{address}/overview/")
    page.locator(DRAWN).first.wait_for()
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    expect(page.locator(".filter-row")).to_be_hidden()
    expect(page.locator(".dash-facts")).to_be_visible()
    expect(page.locator(DRAWN).first).to_be_visible()


def test_the_same_figures_stand_in_a_table(page: Page, address: str, team: Team):
    page.goto(f"{address}/costs/")
    page.get_by_role("link", name="As a table").click()
    table = page.get_by_role("region", name="Cost as a table")
    expect(table.get_by_role("columnheader", name=world.MODELS[0])).to_be_visible()
    expect(table).to_contain_text("not over yet")
