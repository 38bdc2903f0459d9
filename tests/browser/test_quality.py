"""Quality and its filter as a person uses them: by mouse, by keyboard, without scripts, live."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from budgets.models import Team
from telemetry.models import Event
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordCall, RecordScore
from tests.browser import figures, world
from tests.browser.conftest import log_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def team(page: Page, address: str) -> Team:
    _, eng, _ = world.org_with_people()
    figures.history(eng)
    log_in(page, address)
    page.goto(f"{address}/quality/")
    return eng


def cell(page: Page, row: int, column: int):
    return page.locator(f"#cell-{row}-{column}")


def test_the_arrows_walk_the_grid_and_the_tab_key_enters_it_once(page: Page, team: Team):
    cells = page.locator("[data-grid] [data-cell]")
    expect(page.locator("[data-grid] [data-cell][tabindex='0']")).to_have_count(1)
    cells.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(cell(page, 2, 2)).to_be_focused()
    page.keyboard.press("Home")
    expect(cell(page, 2, 1)).to_be_focused()
    page.keyboard.press("Control+End")
    expect(cell(page, 5, 6)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(cell(page, 5, 6)).to_be_focused()
    expect(page.locator("[data-grid] [data-cell][tabindex='0']")).to_have_count(1)


def test_what_is_focused_or_pointed_at_is_read_in_full(page: Page, team: Team):
    readout = page.locator("[data-readout]")
    cell(page, 1, 1).focus()
    expect(readout).to_contain_text("sim/claude-sonnet-5-5, code generation")
    expect(readout).to_contain_text("95 % interval")
    cell(page, 3, 1).hover()
    expect(readout).to_contain_text("on the same time before")
    page.locator("td.none .cell").hover()
    expect(readout).to_have_text("No data")


def test_one_click_leads_to_the_runs_behind_a_cell(page: Page, address: str, team: Team):
    run = world.run(team, project="The run behind the cell")
    world.run(team, project="Another one")
    now = timezone.now()
    behind = figures.call(team, world.MODELS[0], 0, figures.KINDS[0], 1, now, run.pk)
    apply_now(RecordCall(behind))
    cell(page, 1, 1).click()
    expect(page).to_have_url(re.compile(r"/runs/\?task_type=code_generation&model=sim%2Fclaude"))
    expect(page.get_by_role("link", name="The run behind the cell")).to_be_visible()
    expect(page.get_by_text("Another one")).to_have_count(0)


def test_a_score_changes_its_cell_within_two_seconds_and_keeps_the_focus(page: Page, team: Team):
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    cell(page, 1, 1).focus()
    before = cell(page, 1, 1).text_content()
    found = figures.score(team, world.MODELS[0], 0, 0, 0, timezone.now())
    found.score = 0.1
    apply_now(RecordScore(found))
    Event.objects.create(
        at=timezone.now(), org_id=team.org_id, team_id=team.pk, type="attempt.finished", payload={}
    )
    expect(cell(page, 1, 1)).not_to_have_text(str(before), timeout=2_000)
    expect(cell(page, 1, 1)).to_contain_text("n 13")
    expect(cell(page, 1, 1)).to_be_focused()
    expect(page.locator("[data-grid] [data-cell][tabindex='0']")).to_have_count(1)


def test_the_filter_is_kept_when_moving_between_pages(page: Page, address: str, team: Team):
    page.locator("summary", has_text="Model").click()
    page.get_by_role("checkbox", name="sim/kimi-k2.6").check()
    page.get_by_role("button", name="Apply").locator("visible=true").click()
    expect(page).to_have_url(f"{address}/quality/?model=sim%2Fkimi-k2.6")
    expect(page.locator(".heat tbody tr")).to_have_count(1)

    page.get_by_role("link", name="30 days").click()
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page).to_have_url(f"{address}/runs/?range=30d&model=sim%2Fkimi-k2.6")
    page.get_by_role("link", name="Take away Model sim/kimi-k2.6").click()
    expect(page).to_have_url(f"{address}/runs/?range=30d")


def test_menus_close_by_escape_and_give_the_focus_back(page: Page, team: Team):
    summary = page.locator("summary", has_text="Task type")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox", name="Code review")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_role("checkbox", name="Code review")).to_be_hidden()
    expect(summary).to_be_focused()
    summary.click()
    page.locator("summary", has_text="Provider").click()
    expect(page.get_by_role("checkbox", name="Code review")).to_be_hidden()


def test_a_time_of_ones_own_is_set_in_two_fields(page: Page, address: str, team: Team):
    page.locator("summary", has_text="Custom").click()
    page.get_by_label("From", exact=True).fill("2026-01-01")
    page.get_by_label("To", exact=True).fill("2026-01-31")
    page.get_by_role("button", name="Apply").locator("visible=true").click()
    expect(page).to_have_url(f"{address}/quality/?from=2026-01-01&to=2026-01-31")
    expect(page.get_by_role("heading", name="Nothing to compare yet")).to_be_visible()


def test_a_view_is_kept_opened_and_deleted(page: Page, address: str, team: Team):
    page.goto(f"{address}/quality/?range=30d&metric=cost")
    page.locator("summary", has_text="Views").click()
    page.get_by_label("Keep this view as").fill("Monthly cost")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("“Monthly cost” is kept")).to_be_visible()
    page.goto(f"{address}/runs/")
    page.locator("summary", has_text="Views").click()
    page.get_by_role("link", name="Monthly cost").click()
    expect(page).to_have_url(f"{address}/quality/?range=30d&metric=cost")
    page.locator("summary", has_text="Views").click()
    page.get_by_role("button", name="Delete the view Monthly cost").click()
    expect(page.get_by_text("The view is deleted.")).to_be_visible()


@pytest.fixture
def plain(browser: Browser) -> BrowserContext:
    return browser.new_context(java_script_enabled=False)


def test_all_of_it_works_without_scripts(plain: BrowserContext, address: str):
    _, eng, _ = world.org_with_people()
    figures.history(eng)
    page = plain.new_page()
    page.set_default_timeout(10_000)
    log_in(page, address)
    page.goto(f"{address}/quality/")
    page.locator("summary", has_text="Model").click()
    page.get_by_role("checkbox", name="sim/kimi-k2.6").check()
    page.get_by_role("button", name="Apply").locator("visible=true").click()
    expect(page.locator(".heat tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Table").click()
    expect(page.locator(".figures tbody tr")).to_have_count(6)
    plain.close()


def test_an_address_of_64_kilobytes_is_no_fault(page: Page, address: str, team: Team):
    for page_name in ("quality", "runs", "providers"):
        answer = page.request.get(f"{address}/{page_name}/?model={'x' * 65_536}")
        assert answer.status == 200
        assert "there is no" in answer.text()
