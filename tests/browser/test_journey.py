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


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(workers=1) as stack:
        stack.simulator.fault("*", "skill:0.5")
        yield stack


def test_a_project_is_submitted_followed_and_understood(
    page: Page, stack: Stack, errors: list[str]
):
    session = stack.manage("shell", "--no-imports", "-c", SESSION).splitlines()[-1]
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": stack.url}])
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


def test_the_command_line_follows_a_run_to_its_success(stack: Stack):
    written = stack.manage(
        "submit", "Write a haiku about budgets", "--budget", "0.50", "--url", stack.url,
        "--key", stack.key,
    )  # fmt: skip
    assert "task " in written
    assert "SUCCESS: " in written
