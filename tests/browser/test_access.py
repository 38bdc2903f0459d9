"""Pages are for everybody: axe finds nothing serious, none scrolls sideways or is styled inline."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.browser import axe, scenes, world
from tests.browser.conftest import log_in
from tests.browser.screenshots import pages

pytestmark = pytest.mark.django_db(transaction=True)

FITS = "document.documentElement.scrollWidth <= innerWidth"
OPEN_ALL = "for (const one of document.querySelectorAll('details')) one.open = true"


def faults(page: Page, answer: Response | None) -> list[str]:
    """Return what is wrong with a page that was just opened, first as it stands, then unfolded."""
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    checks = {
        f"a lax policy: {policy}": "default-src 'self'" in policy and "unsafe" not in policy,
        "a style of its own": " style=" not in answer.text(),
        "wider than the window": page.evaluate(FITS),
    }
    page.evaluate(OPEN_ALL)
    return [fault for fault, holds in checks.items() if not holds] + axe.serious(page)


# Colours depend on the theme and what is shown on the width, hardly one on the other.
@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_no_page_keeps_anybody_out(browser: Browser, address: str, theme: str, width: int):
    made = scenes.everything()
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    axe.bring(context)
    page = context.new_page()
    found = {"login": faults(page, page.goto(f"{address}/login/"))}
    log_in(page, address)
    for name, path in pages(made).items():
        found[name] = faults(page, page.goto(address + path))
    context.close()
    assert {name: issues for name, issues in found.items() if issues} == {}


def test_the_theme_switch_wins_over_the_system_and_is_remembered(page: Page, address: str):
    world.org_with_people()
    page.emulate_media(color_scheme="light")
    log_in(page, address)
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_role("button", name="Dark").click()
    dark = page.evaluate(background)
    page.reload()

    assert dark != light
    assert page.evaluate(background) == dark
    page.get_by_role("button", name="As the system").click()
    assert page.evaluate(background) == light


def test_a_graph_is_walked_and_opened_by_keyboard_alone(page: Page, address: str):
    _, eng, _ = world.org_with_people()
    log_in(page, address)
    page.goto(f"{address}/runs/{scenes.eight(eng).pk}/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    assert skip.evaluate("(link) => link.getBoundingClientRect().width > 80"), "not to be seen"
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        if page.evaluate("document.activeElement.id") == "node-1":
            break
    page.keyboard.press("Enter")

    page.get_by_role("complementary", name="Task storage").wait_for()
    assert page.evaluate("document.activeElement.id") == "node-1"
