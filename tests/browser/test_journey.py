"""A run from the form to its result, carried out by a real worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.functional.stack import Stack, running_stack

SESSION = """
from django.test import Client
from budgets.models import User
client = Client()
client.force_login(User.objects.get(username="owner"))
print(client.cookies["sessionid"].value)
"""


FIGURES = ("overview", "costs")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(workers=1) as stack:
        stack.simulator.fault("*", "skill:0.5")
        yield stack


@pytest.fixture(scope="module")
def session(stack: Stack) -> str:
    return stack.manage("shell", "--no-imports", "-c", SESSION).splitlines()[-1]


@pytest.fixture
def owners(page: Page, stack: Stack, session: str) -> Page:
    """A page of somebody who is logged in."""
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": stack.url}])
    return page


def test_a_project_is_submitted_followed_and_understood(
    owners: Page, stack: Stack, errors: list[str]
):
    page = owners
    page.goto(f"{stack.url}/runs/new/")
    page.get_by_label("Project").fill("Write a library that converts units, with tests")
    page.get_by_label("Budget").fill("1.00")
    page.get_by_role("button", name="Submit run").click()

    expect(page.locator(".status.pill").first).to_have_text("Success", timeout=60_000)
    expect(page.locator(".node").first).to_be_visible()
    expect(page.locator(".node.pending")).to_have_count(0)
    page.locator(".node").first.click()
    page.locator(".inspector details[id^=attempt] > summary").first.click()
    page.locator(".inspector details[id^=call] > summary").first.click()
    expect(page.locator(".why tr.chosen").first).to_contain_text("sim/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.endswith(".zip")
    assert errors == []


def test_open_pages_follow_a_run_that_another_program_submits(owners: Page, stack: Stack):
    pages = {name: owners.context.new_page() for name in ("overview", "quality", "costs", "runs")}
    for name, page in pages.items():
        page.goto(f"{stack.url}/{name}/")
        page.evaluate("window.kept = true")
        expect(page.locator("[data-live-state]")).to_have_text("Live")
    before = {name: pages[name].locator(f"#{name}").text_content() for name in FIGURES}
    tasks = [{"key": "poem", "type": "creative_writing", "prompt": "A haiku about budgets"}]

    run = stack.submit(project="Write a haiku about budgets", budget_usd="0.50", tasks=tasks)
    owners.goto(f"{stack.url}/runs/{run['id']}/")
    owners.evaluate("window.kept = true")

    expect(owners.locator(".node.t-ok, .node.t-warn")).to_contain_text("poem", timeout=60_000)
    expect(pages["runs"].locator(f"#run-{run['id']} .c-tasks")).to_contain_text("1 of 1")
    expect(pages["quality"].locator("[data-name$='creative writing']").first).to_be_visible()
    for name, text in before.items():
        expect(pages[name].locator(f"#{name}")).not_to_have_text(str(text))
    for page in (owners, *pages.values()):
        assert page.evaluate("window.kept"), "loaded anew"


def test_the_command_line_follows_a_run_to_its_success(stack: Stack):
    written = stack.manage(
        "submit", "Write a haiku about budgets", "--budget", "0.50", "--url", stack.url,
        "--key", stack.key,
    )  # fmt: skip
    assert "task " in written
    assert "SUCCESS: " in written
