"""axe-core finds nothing serious on any page, in both themes, wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import log_in
from tests.browser.scenes import everything
from tests.browser.screenshots import pages
from tests.browser.site import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

AXE = ROOT / "tests" / "browser" / "vendor" / "axe" / "axe.min.js"
SCRIPT = """async () => {
  const {passes, violations} = await axe.run();
  if (passes.length < 10) throw new Error('axe looked at nothing');
  return violations
    .filter((found) => ['serious', 'critical'].includes(found.impact))
    .map((found) => found.id + ': ' + found.nodes.map((node) => node.html.slice(0, 160)).join());
}"""


def serious(page: Page) -> list[str]:
    # Over the wire of the debugger, so that the pages' own policy stays as it is.
    page.evaluate(AXE.read_text())
    return list(page.evaluate(SCRIPT))


# Colours depend on the theme and what is shown on the width, hardly one on the other.
@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing_serious_on_any_page(
    browser: Browser, address: str, theme: str, width: int
):
    scenes = everything()
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"{address}/login/")
    found = {"login": serious(page)}
    log_in(page, address)
    for name, path in pages(scenes).items():
        page.goto(address + path)
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        found[name] = serious(page)
    context.close()
    assert {name: issues for name, issues in found.items() if issues} == {}


def test_no_page_scrolls_sideways_on_a_phone(page: Page, address: str):
    scenes = everything()
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(page, address)
    wide = []
    for name, path in pages(scenes).items():
        page.goto(address + path)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(name)
    assert wide == []


def test_the_theme_switch_wins_over_the_system_and_is_remembered(page: Page, address: str):
    everything()
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
    scenes = everything()
    log_in(page, address)
    page.goto(f"{address}/runs/{scenes['eight'].pk}/")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "node-1":
            break
    page.keyboard.press("Enter")

    page.get_by_role("complementary", name="Task storage").wait_for()
    assert page.evaluate("document.activeElement.id") == "node-1"


def test_every_page_forbids_inline_scripts_and_styles(page: Page, address: str):
    scenes = everything()
    log_in(page, address)
    for path in pages(scenes).values():
        answer = page.goto(address + path)
        assert answer is not None
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert " style=" not in answer.text()
