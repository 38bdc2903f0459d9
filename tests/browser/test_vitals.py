"""Nothing on a page moves by itself: not while it loads, not when a chart is drawn or swapped."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordCall, RecordEvent
from tests.browser import figures, vitals, world
from tests.browser.conftest import log_in

pytestmark = pytest.mark.django_db(transaction=True)
MOST_SHIFT = 0.1


def test_no_page_moves_under_the_eyes_of_its_reader(page: Page, address: str):
    _, eng, _ = world.org_with_people()
    figures.history(eng)
    run = world.run(eng, status="SUCCESS", tasks_total=1, tasks_done=1)
    world.finished_task(run, "tokens")
    log_in(page, address)
    vitals.watch(page)

    moved = {}
    one = f"/runs/{run.pk}/?task=tokens"
    wide = [(1280, path) for path in ("/runs/", one, "/quality/", "/providers/", "/overview/")]
    for width, path in ((390, "/costs/"), (390, "/overview/"), *wide):
        page.set_viewport_size({"width": width, "height": 844})
        seen = vitals.visit(page, address + path)
        assert seen.largest_paint_ms > 0, "the browser reckoned nothing"
        if seen.shift > MOST_SHIFT:
            moved[width, path] = (seen.shift, seen.moved)
    assert moved == {}

    # And none when figures change, the longer ones included.
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    dear = figures.call(eng, world.MODELS[0], 0, "code_review", 1, timezone.now())
    dear.cost_nanousd = world.usd("123456.78")
    told = RecordEvent("call.finished", timezone.now(), eng.org_id, eng.pk, dear.run_id, {})
    apply_now(RecordCall(dear), told)
    expect(page.locator(".dash-facts")).to_contain_text("$123,457")
    page.evaluate(vitals.SETTLED)
    assert page.evaluate("vitals.cls") <= MOST_SHIFT, page.evaluate("vitals.moved")
