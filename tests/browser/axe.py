"""axe-core, as the pages' own policy would not let them load it."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page

from tests.browser.site import ROOT

SOURCE = ROOT / "tests" / "browser" / "vendor" / "axe" / "axe.min.js"
# Of what passes only the names are wanted.
SCRIPT = """async () => {
  const {passes, violations} = await axe.run({resultTypes: ['violations']});
  if (passes.length < 10) throw new Error('axe looked at nothing');
  return violations
    .filter((found) => ['serious', 'critical'].includes(found.impact))
    .map((found) => found.id + ': ' + found.nodes.map((node) => node.html.slice(0, 160)).join());
}"""


def bring(context: BrowserContext) -> None:
    """Have axe on every page from now on, over the wire of the debugger."""
    context.add_init_script(path=SOURCE)


def serious(page: Page) -> list[str]:
    """Return what axe finds serious on a page as it stands."""
    found: list[str] = page.evaluate(SCRIPT)
    return found
