"""What a person feels on the main pages with a month of history: web vitals in a real Chromium.

The reference is the page to log in, which asks for nothing and draws nothing.
"""

from __future__ import annotations

import sys
from typing import Any

from playwright.sync_api import BrowserContext, sync_playwright

from tests.benchmarks.house import percentile
from tests.browser.chromium import FLAGS, NoChromium, executable
from tests.browser.vitals import Vitals, visit, watch
from tests.functional.stack import Stack, running_stack

ROUNDS = 6
PAGES = {
    "overview": "/overview/?range=30d",
    "runs": "/runs/?range=30d",
    "quality": "/quality/?range=30d",
    "costs": "/costs/?range=30d&group=model&sub=team",
    "providers": "/providers/?range=30d",
}
SESSION = """
from django.test import Client
from budgets.models import User
client = Client()
client.force_login(User.objects.get(username="owner"))
print(client.cookies["sessionid"].value)
"""


def measure() -> list[dict[str, Any]]:
    """Return the rows of the table: of each page the 75th percentile, as vitals are told."""
    try:
        browser_path = executable()
    except NoChromium as error:
        print(error, file=sys.stderr)
        return []
    with running_stack(workers=0) as stack, sync_playwright() as playwright:
        stack.manage("seed_demo")
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        plain = visits(browser.new_context(), f"{stack.url}/login/")
        context = signed_in(stack, browser.new_context(viewport={"width": 1440, "height": 900}))
        found = {name: visits(context, stack.url + path) for name, path in PAGES.items()}
        browser.close()
    return [row for name, each in found.items() for row in rows(name, each, plain)]


def signed_in(stack: Stack, context: BrowserContext) -> BrowserContext:
    session = stack.manage("shell", "--no-imports", "-c", SESSION).splitlines()[-1]
    context.add_cookies([{"name": "sessionid", "value": session, "url": stack.url}])
    return context


def visits(context: BrowserContext, url: str) -> list[Vitals]:
    """Visit a page several times, the first time with nothing in the browser's cache."""
    page = context.new_page()
    watch(page)
    return [visit(page, url) for _ in range(ROUNDS)]


def rows(name: str, found: list[Vitals], plain: list[Vitals]) -> list[dict[str, Any]]:
    figures = {
        "largest paint, ms": ("largest_paint_ms", "<= 2500"),
        "interaction to next paint, ms": ("interaction_ms", "<= 200"),
        "layout shift": ("shift", "<= 0.1"),
    }
    return [
        {
            "what": f"{name}: {what}",
            "value": percentile([getattr(one, field) for one in found], 75),
            "reference": percentile([getattr(one, field) for one in plain], 75),
            "ratio": None,
            "bar": bar,
        }
        for what, (field, bar) in figures.items()
    ]
