"""Take the pictures in docs/screenshots: `python -m tests.browser.screenshots [name ...]`."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import FLAGS, executable
from tests.browser.site import ROOT, served

if TYPE_CHECKING:
    from runs.models import Run

FOLDER = ROOT / "docs" / "screenshots"
THEMES = ("light", "dark")
WIDTHS = {1440: 900, 1024: 768, 390: 844}

# Those that are kept; the others are taken when they are named.
KEPT = ["login", "runs", "new", "run", "run-task", "run-why", "run-calls", "run-64-tasks"]
KEPT += ["overview", "costs", "run-timeline", "quality", "quality-table", "providers"]
KEPT += ["recommendations", "recommendation", "recommendation-shadow", "recommendation-canary"]
KEPT += ["recommendation-applied", "recommendation-dismissed", "learning", "tuning"]
KEPT += ["tuning-reckoning", "tuning-proposal", "tuning-assumptions"]
KEPT += ["budgets", "budget", "budget-alerts", "policies", "policy", "policy-editor"]
KEPT += ["policy-replay", "decisions", "decision", "office", "office-decisions"]
KEPT += ["office-decision", "office-denials", "office-evidence", "organisation", "teams", "team"]
KEPT += ["members", "keys", "models", "model", "model-add", "invoices", "invoice", "reprice"]
KEPT += ["webhooks", "sessions"]
OPEN = """() => {
  const attempt = document.querySelector('.inspector details.fold[id$="-1"]');
  attempt.open = true;
  const call = attempt.querySelector('details[id^=call]');
  call.open = true;
  call.scrollIntoView({block: 'center'});
}"""

UNDRAWN = "[data-figure]:not([data-drawn])"


def main(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {"DATA_DIR": folder, "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3"}
        scenes = _prepare(environment)
        with served(environment) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
            for theme in THEMES:
                for width, height in WIDTHS.items():
                    _take(browser, address, scenes, names, theme, width, height)
            browser.close()


def _prepare(environment: dict[str, str]) -> dict[str, Run]:
    # Playwright's own loop runs in this thread, which Django takes for asynchronous code.
    os.environ |= environment | {"DJANGO_ALLOW_ASYNC_UNSAFE": "true"}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from budgets.models import User
    from tests.browser.scenes import everything

    scenes = everything()
    # Ada operates the house too, so that the pictures of the office can be taken.
    User.objects.filter(username="ada").update(is_staff=True, is_superuser=True)
    return scenes


def pages(scenes: dict[str, Run]) -> dict[str, str]:
    """Return the addresses worth a picture, by the picture's name."""
    from budgets.models import Budget, Team
    from routing.models import Decision, InvoiceCheck, Policy, Recommendation

    policy = Policy.objects.get(name="no training on our data").pk
    denial = Decision.objects.get(kind="policy", outcome="deny").pk
    budget = Budget.objects.get(team__slug="eng").pk
    team = Team.objects.get(slug="eng").pk
    routing = Recommendation.objects.filter(kind="routing")
    advised = dict(routing.values_list("state", "pk"))
    tuning = Recommendation.objects.get(kind="fine_tuning").pk
    eight, one = scenes["eight"].pk, scenes["one"].pk
    return {
        "runs": "/runs/",
        "runs-empty-filter": "/runs/?status=success&team=nowhere",
        "new": "/runs/new/",
        "run": f"/runs/{eight}/",
        "run-task": f"/runs/{eight}/?task=tokens",
        "run-why": f"/runs/{eight}/?task=tokens",
        "run-calls": f"/runs/{eight}/?tab=calls",
        "run-timeline": f"/runs/{eight}/?tab=timeline",
        "overview": "/overview/",
        "overview-month": "/overview/?range=30d&by=team",
        "costs": "/costs/?range=30d&group=team&sub=model&top=5",
        "costs-latency": "/costs/?range=48h&metric=latency_p95",
        "costs-table": "/costs/?shape=table&group=task_type",
        "quality": "/quality/",
        "quality-cost": "/quality/?metric=cost",
        "quality-table": "/quality/?view=table",
        "quality-empty": "/quality/?from=2020-01-01&to=2020-02-01",
        "quality-noted": "/quality/?range=x&model=gone&model=sim/kimi-k2.6&status=active",
        "providers": "/providers/",
        "learning": "/learning/",
        "learning-nothing": "/learning/?type=evaluation",
        "tuning": "/tuning/",
        "tuning-reckoning": "/tuning/reckoning/?task_type=data_extraction",
        "tuning-proposal": f"/tuning/proposals/{tuning}/",
        "tuning-assumptions": "/tuning/assumptions/",
        "filter-menu": "/quality/",
        "filter-views": "/quality/",
        "run-policies": f"/runs/{one}/?tab=policies",
        "run-events": f"/runs/{eight}/?tab=events",
        "run-request": f"/runs/{eight}/?tab=request",
        "run-one-task": f"/runs/{one}/?task=tokens",
        "run-64-tasks": f"/runs/{scenes['many'].pk}/?task=report-24",
        "run-62-side-by-side": f"/runs/{scenes['wide'].pk}/",
        "run-queued": f"/runs/{scenes['queued'].pk}/",
        "budgets": "/budgets/",
        "budget": f"/budgets/{budget}/",
        "budget-alerts": "/budgets/alerts/",
        "keys": "/settings/keys/",
        "models": "/settings/models/",
        "model-add": "/settings/models/add/",
        "model": "/settings/models/of/sim/gpt-6-luna/",
        "invoices": "/settings/invoices/",
        "invoice": f"/settings/invoices/{InvoiceCheck.objects.get().pk}/",
        "reprice": "/settings/reprice/",
        "organisation": "/settings/organisation/",
        "teams": "/settings/teams/",
        "team": f"/settings/teams/{team}/",
        "webhooks": "/settings/webhooks/",
        "members": "/settings/members/",
        "sessions": "/settings/sessions/",
        "password": "/settings/password/",
        "policies": "/policies/",
        "policy": f"/policies/{policy}/",
        "policy-editor": f"/policies/{policy}/edit/",
        "policy-new": "/policies/new/",
        "policy-yaml": f"/policies/{policy}/edit/?as=yaml",
        "policy-replay": f"/policies/{policy}/edit/?replay=7",
        "decisions": "/decisions/",
        "recommendations": "/recommendations/",
        "recommendation": f"/recommendations/{advised['proposed']}/",
        "recommendation-shadow": f"/recommendations/{advised['shadow']}/",
        "recommendation-canary": f"/recommendations/{advised['canary']}/",
        "recommendation-applied": f"/recommendations/{advised['applied']}/",
        "recommendation-dismissed": f"/recommendations/{advised['dismissed']}/",
        "decision": f"/decisions/{denial}/",
        "missing": "/runs/00000000-0000-7000-8000-000000000000/",
    }


def office_pages() -> dict[str, str]:
    """Return those of the back office, which operators see."""
    from routing.models import Decision

    denial = Decision.objects.filter(outcome="deny", kind="policy").order_by("-pk")[0]
    return {
        "office": "/admin/",
        "office-decisions": "/admin/routing/decision/",
        "office-decision": f"/admin/routing/decision/{denial.pk}/change/",
        "office-denials": "/admin/routing/decision/denials/",
        "office-evidence": f"/admin/routing/decision/evidence/{denial.org_id}/",
        "office-budget": "/admin/budgets/budget/add/",
    }


def _take(
    browser: Browser,
    address: str,
    scenes: dict[str, Run],
    names: list[str],
    theme: str,
    width: int,
    height: int,
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"{address}/login/")
    if "login" in names:
        page.screenshot(path=_file("login", theme, width))
    page.fill("[name=username]", "ada")
    page.fill("[name=password]", "correct horse battery")
    page.click("button.primary")
    for name, path in (pages(scenes) | office_pages()).items():
        if name not in names:
            continue
        page.goto(address + path)
        expect(page.locator(UNDRAWN)).to_have_count(0, timeout=20_000)
        if name == "run-why":
            page.evaluate(OPEN)
        if name == "filter-menu":
            page.locator("summary", has_text="Model").click()
        if name == "filter-views":
            page.locator("summary", has_text="Views").click()
        # The large ones are mostly table, and what was scrolled to should stay in view.
        whole = name not in ("run-64-tasks", "run-62-side-by-side", "run-why")
        page.screenshot(path=_file(name, theme, width), full_page=whole)
    context.close()


def _file(name: str, theme: str, width: int) -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    return FOLDER / f"{name}-{theme}-{width}.png"


if __name__ == "__main__":
    main(sys.argv[1:] or KEPT)
