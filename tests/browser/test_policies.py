"""Policies in a browser: judged while one writes, and what an auditor comes to do, in clicks."""

from __future__ import annotations

import re
import zipfile

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from routing.core.policy_draft import draft_from
from routing.models import Decision, Policy
from routing.services.policies import change_policy
from tests.browser import policy_scene, world
from tests.browser.conftest import log_in
from tests.browser.test_budgets import Clicks, nav

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "no training on our data"


@pytest.fixture
def site(page: Page, address: str) -> Page:
    """The site as an owner meets it, of an org with policies and decisions."""
    org, eng, _ = world.org_with_people()
    run = world.run(eng, status="SUCCESS", tasks_total=1, tasks_done=1)
    world.task(run, "tokens", status="COMPLETED", output="x")
    policy_scene.rules(org, eng, run)
    world.person("vera", org, None, "auditor")
    log_in(page, address)
    page.goto(f"{address}/overview/")
    return page


@pytest.fixture
def room(site: Page, address: str) -> Page:
    """The auditor's landing page."""
    site.context.clear_cookies()
    log_in(site, address, "vera")
    site.goto(f"{address}/admin/")
    return site


def test_a_contradiction_is_named_while_one_writes_and_nothing_is_saved_before_it_is_mended(
    site: Page, errors: list[str]
):
    nav(site, "Policies").click()
    site.get_by_role("link", name="New policy").click()
    site.get_by_label("Name").fill("china only")
    site.get_by_label("HARD").check()
    site.get_by_role("group", name="Only in these regions").get_by_label("cn").check()
    check = site.get_by_role("region", name="Check")
    expect(check).to_contain_text("nothing is left. Let them share one")
    expect(check).to_contain_text("It cannot be saved so")
    site.get_by_role("button", name="Save", exact=True).click()
    expect(site.get_by_role("alert")).to_contain_text("It was not saved")
    expect(site.get_by_label("Name")).to_have_value("china only")
    assert not Policy.objects.filter(name="china only").exists()

    site.get_by_role("group", name="Only in these regions").get_by_label("us").check()
    expect(check).to_contain_text("Nothing contradicts it")
    site.get_by_role("button", name="Save", exact=True).click()
    expect(site.get_by_text("Saved as version 1")).to_be_visible()
    expect(site.get_by_text("Only models that run in cn or us")).to_be_visible()
    assert [line for line in errors if "422" not in line] == []


def test_yaml_that_cannot_be_read_is_told_with_its_line(site: Page):
    nav(site, "Policies").click()
    site.get_by_role("link", name="Import YAML").click()
    text = site.get_by_label("The policy as YAML")
    text.fill("name: x\nmode: HARD\nrules:\n  regions: [eu\n")
    check = site.get_by_role("region", name="Check")
    expect(check).to_contain_text(re.compile(r"Line \d: "))
    text.fill("name: x\nmode: HARD\nrules:\n  min_quality: 7\n")
    expect(check).to_contain_text("line 4: Write a number above 0")
    text.fill("name: x\nmode: HARD\nrules:\n  min_quality: 0.2\n")
    expect(check).to_contain_text("Nothing contradicts it")
    site.get_by_role("button", name="Show as a form").click()
    expect(site.get_by_label("Expected quality at least")).to_have_value("0.2")


def test_what_somebody_else_saved_meanwhile_is_told_and_nothing_is_lost(site: Page, address: str):
    row = Policy.objects.get(name=NAME)
    site.goto(f"{address}/policies/{row.pk}/edit/")
    site.get_by_label("Note").fill("mine")
    other = {"name": NAME, "mode": "SOFT", "rules": {"regions": ["us"]}}
    change_policy(row, draft_from(other), team=None, actor="grace", now=timezone.now())
    site.get_by_role("button", name="Save as version 3").click()

    conflict = site.get_by_role("alert")
    expect(conflict).to_contain_text("Somebody else saved version 3 meanwhile")
    expect(conflict).to_contain_text("grace")
    expect(conflict).to_contain_text("SOFT")
    expect(site.get_by_label("Note")).to_have_value("mine")
    site.get_by_role("button", name="Save as version 4").click()
    expect(site.get_by_text("Saved as version 4")).to_be_visible()


def test_all_denials_of_a_period_by_rule_and_team_take_one_click(room: Page):
    clicks = Clicks()
    clicks(room.get_by_role("link", name=re.compile("^Denials of 30 days")))
    row = room.get_by_role("row", name=re.compile(f"{NAME} v2"))
    expect(row).to_contain_text("Engineering")
    assert clicks.count == 1


def test_one_decision_with_its_rule_grounds_and_step_takes_two_clicks(room: Page, address: str):
    clicks = Clicks()
    clicks(room.get_by_role("link", name="All decisions"))
    denied = Decision.objects.get(kind="policy", outcome="deny")
    clicks(room.locator(f"a[href*='{denied.pk}']").first)
    shown = room.locator("#content-main, main").first
    for text in ("required_tags", "region cn is not us", "deny", denied.hash):
        expect(shown).to_contain_text(re.compile(text, re.IGNORECASE))
    step = room.locator(f"a[href='/runs/{denied.run_id}/?task=tokens']")
    expect(step).to_be_visible()
    assert clicks.count == 2
    step.click()
    expect(room).to_have_url(f"{address}/runs/{denied.run_id}/?task=tokens")
    expect(room.get_by_text("Your role sees what was decided")).to_be_visible()


def test_the_chain_is_proved_in_one_click_and_evidence_exported_in_two(room: Page, address: str):
    proving, exporting = Clicks(), Clicks()
    proving(room.get_by_role("button", name="Verify the chain"))
    expect(room.get_by_role("heading", name="The chain of Northwind is whole")).to_be_visible()
    last = Decision.objects.order_by("-position")[0]
    expect(room.get_by_text(last.hash)).to_be_visible()
    assert proving.count == 1

    room.goto(f"{address}/admin/")
    exporting(room.get_by_role("link", name="Export evidence of Northwind"))
    with room.expect_download() as loading:
        exporting(room.get_by_role("button", name="Export"))
    assert exporting.count == 2
    names = zipfile.ZipFile(loading.value.path()).namelist()
    assert {"decisions.csv", "decisions.jsonl", "chain.json", "SHA256SUMS"} <= set(names)
    assert f"policies/{NAME}-v2.yaml" in names


def test_what_a_draft_would_have_done_last_week_takes_three_clicks(room: Page):
    clicks = Clicks()
    clicks(room.get_by_role("link", name="Replay a draft"))
    room.get_by_label("Name").fill("no deepseek")
    never = room.get_by_role("group", name="Never these providers")
    clicks(never.get_by_label("sim-deepseek"))
    clicks(room.get_by_role("button", name="Replay", exact=True))
    result = room.get_by_role("region", name="What it would have done")
    expect(result).to_contain_text("8")
    expect(result).to_contain_text("Warned of")
    expect(result).to_contain_text("in the last 7 days")
    assert clicks.count == 3
    expect(room.get_by_role("button", name="Save", exact=True)).to_have_count(0)
