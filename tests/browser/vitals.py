"""How quick and how steady a page is to a person, as the browser itself reckons.

Source: web.dev/articles/vitals (2024-10): largest contentful paint, interaction to next paint,
cumulative layout shift. The shifts are added up here, which is never less than their worst window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import Locator, Page

WATCH = """
window.vitals = { lcp: 0, inp: 0, cls: 0, moved: [] };
const watch = (type, each, more) => {
  const observer = new PerformanceObserver((list) => list.getEntries().forEach(each));
  observer.observe({ type, buffered: true, ...more });
};
watch("largest-contentful-paint", (entry) => { vitals.lcp = entry.startTime; });
watch("layout-shift", (entry) => {
  if (entry.hadRecentInput) return;
  vitals.cls += entry.value;
  vitals.moved.push(...entry.sources.map(({ node }) => node?.className || node?.nodeName || "?"));
});
watch("event", (entry) => {
  if (entry.interactionId) vitals.inp = Math.max(vitals.inp, entry.duration);
}, { durationThreshold: 16 });
"""
# What was painted is reported once the browser has nothing better to do.
SETTLED = """() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(
  () => requestIdleCallback(() => setTimeout(resolve, 100), { timeout: 2000 }))))"""
UNDRAWN = "[data-figure]:not([data-drawn])"


@dataclass(frozen=True, slots=True)
class Vitals:
    """Hold one visit's figures. `shift` has no unit; `moved` names what moved."""

    largest_paint_ms: float
    interaction_ms: float
    shift: float
    moved: Sequence[str]


def watch(page: Page) -> None:
    """Watch every page that is opened from now on."""
    page.add_init_script(WATCH)


def visit(page: Page, url: str) -> Vitals:
    """Open a page that is watched, press what opens and closes there, and return its vitals."""
    page.goto(url)
    page.wait_for_load_state("load")
    page.locator(UNDRAWN).first.wait_for(state="detached")
    page.evaluate(SETTLED)
    for control in controls(page):
        control.click()
        page.evaluate(SETTLED)
    found = page.evaluate("window.vitals")
    return Vitals(found["lcp"], found["inp"], found["cls"], found["moved"])


def controls(page: Page) -> list[Locator]:
    """Return what can be pressed on a page and leads nowhere else."""
    menus = page.locator(".filter-form > .menu > summary")
    themes = [page.get_by_role("button", name=name) for name in ("Dark", "As the system")]
    return [one for one in (menus.nth(0), menus.nth(1), *themes) if one.count()]
