"""The run page: it follows the database, keeps what a person opened, and shows texts as text."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from runs.models import Run, Task, TaskText
from tests.browser import world
from tests.browser.conftest import log_in

pytestmark = pytest.mark.django_db(transaction=True)


def change(run: Run, kind: str, **fields: object) -> None:
    Run.objects.filter(pk=run.pk).update(**fields)
    world.event(run, kind, status=str(fields.get("status", "")))


@pytest.fixture
def run(page: Page, address: str) -> Run:
    _, eng, _ = world.org_with_people()
    log_in(page, address)
    return world.run(eng)


def test_tasks_and_status_appear_while_the_page_is_open(
    page: Page, address: str, run: Run, errors: list[str]
):
    page.goto(f"{address}/runs/{run.pk}/")
    expect(page.get_by_text("Being planned")).to_be_visible()

    world.task(run, "plan-it")
    change(run, "run.planned", status="RUNNING", tasks_total=1, started_at=timezone.now())
    expect(page.locator(".node")).to_contain_text("plan-it")
    expect(page.locator(".status.pill")).to_have_text("Running")
    expect(page.locator("#announcer")).to_have_text("Running, 0 of 1 tasks done")

    Task.objects.filter(run=run).update(status="COMPLETED", score=0.93)
    change(run, "run.finished", status="SUCCESS", tasks_done=1, score=0.93)
    expect(page.locator(".status.pill")).to_have_text("Success")
    expect(page.locator("[data-live-state]")).to_have_text("Finished, no longer updating")
    assert errors == []


def test_polling_stops_when_the_run_is_finished(page: Page, address: str, run: Run):
    page.goto(f"{address}/runs/{run.pk}/")
    change(run, "run.finished", status="SUCCESS")
    expect(page.locator(".status.pill")).to_have_text("Success")

    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url))
    page.wait_for_timeout(2500)
    assert [url for url in polls if "seen=" in url] == []


def test_an_unchanged_poll_is_answered_with_nothing(page: Page, address: str, run: Run):
    page.goto(f"{address}/runs/{run.pk}/")
    with page.expect_response(lambda response: "seen=" in response.url) as polled:
        pass

    assert polled.value.status == 204


def test_an_update_keeps_what_is_open_where_one_has_scrolled_and_the_focus(
    page: Page, address: str, run: Run
):
    Run.objects.filter(pk=run.pk).update(status="RUNNING", tasks_total=2, tasks_done=1)
    world.finished_task(run, "tokens")
    world.task(run, "later", ("tokens",))
    page.goto(f"{address}/runs/{run.pk}/?task=tokens")
    page.locator("#attempt-0-2 > summary").click()
    page.locator("#attempt-0-2 .fold > summary").first.focus()
    page.mouse.wheel(0, 200)
    page.evaluate("document.querySelector('.inspector-scroll').scrollTop = 240")
    focused = page.evaluate("document.activeElement.closest('details').id")

    Task.objects.filter(run=run, key="later").update(status="COMPLETED", score=0.9)
    change(run, "task.finished", tasks_done=2)
    expect(page.locator("#node-1 .score")).to_have_text("0.90")

    assert page.locator("#attempt-0-2").get_attribute("open") is not None
    assert page.evaluate("document.querySelector('.inspector-scroll').scrollTop") == 240
    assert page.evaluate("document.activeElement.closest('details').id") == focused


def test_choosing_a_task_shows_its_attempts_and_why_each_model_was_chosen(
    page: Page, address: str, run: Run, errors: list[str]
):
    Run.objects.filter(pk=run.pk).update(status="SUCCESS", tasks_total=1, tasks_done=1)
    world.finished_task(run, "tokens")
    page.goto(f"{address}/runs/{run.pk}/")
    page.locator("#node-0").click()

    expect(page).to_have_url(f"{address}/runs/{run.pk}/?task=tokens")
    detail = page.get_by_role("complementary", name="Task tokens")
    expect(detail.locator("#output-text")).to_contain_text("def issue(subject")
    detail.locator("#attempt-0-1 > summary").click()
    expect(detail.get_by_text("assert 200 == 401")).to_be_visible()
    expect(detail.get_by_text("require the claim").first).to_be_visible()
    detail.locator("#attempt-0-1 .fold[id^=call] > summary").first.click()
    why = detail.locator("#attempt-0-1 .why").first
    expect(why.locator("tr.chosen")).to_contain_text("sim/claude-sonnet-5-5")
    expect(why.locator("tr.chosen")).to_contain_text("42")
    expect(why).to_contain_text("its circuit breaker is open")
    page.go_back()
    expect(detail).to_have_count(0)
    assert errors == []


def test_a_verdict_is_given_while_the_page_updates_and_then_corrected(
    page: Page, address: str, run: Run, errors: list[str]
):
    Run.objects.filter(pk=run.pk).update(status="RUNNING", tasks_total=2, tasks_done=1)
    task = world.finished_task(run, "tokens")
    world.verdict(task, "dev", 0.5, "expiry is not tested")
    page.goto(f"{address}/runs/{run.pk}/?task=tokens")
    said = page.get_by_role("region", name="What people say")
    said.get_by_label("Why, if you like").fill("the claim is missing")
    change(run, "call.finished", calls=9)
    expect(page.get_by_text("9", exact=True).first).to_be_visible()
    expect(said.get_by_label("Why, if you like")).to_have_value("the claim is missing")

    said.get_by_role("button", name="Bad").click()
    expect(said).to_contain_text("2 verdicts, 0.25 on average")
    said.get_by_label("Why, if you like").fill("")
    said.get_by_role("button", name="Good").click()
    expect(said).to_contain_text("2 verdicts, 0.75 on average")
    expect(said.get_by_role("button", name="Good")).to_have_attribute("aria-pressed", "true")
    expect(said).not_to_contain_text("the claim is missing")
    assert errors == []


def test_what_a_model_wrote_is_text_and_never_markup(
    page: Page, address: str, run: Run, errors: list[str]
):
    nasty = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    Run.objects.filter(pk=run.pk).update(project=nasty, status="RUNNING", tasks_total=1)
    task = world.finished_task(run, "tokens")
    TaskText.objects.filter(task=task).update(output=nasty, prompt=nasty)
    world.event(run, "task.finished", note=nasty)
    for query in ("?task=tokens", "?tab=events", "?tab=request"):
        page.goto(f"{address}/runs/{run.pk}/{query}")
        expect(page.get_by_text("<script>").first).to_be_visible()
        assert page.locator("main img, main script").count() == 0
        assert "owned" not in page.title() or page.title().startswith("<img")
    assert errors == []


def test_an_unknown_cost_is_called_unknown(page: Page, address: str, run: Run):
    world.finished_task(run, "tokens")
    page.goto(f"{address}/runs/{run.pk}/?tab=calls")

    row = page.locator("tr", has_text="TransientError")
    expect(row.locator("td.num").last).to_have_text("unknown")


def test_what_was_asked_for_before_a_pause_is_not_shown_in_it(page: Page, address: str, run: Run):
    asked: list[Route] = []
    page.goto(f"{address}/runs/{run.pk}/")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.wait_for_load_state("networkidle")  # going live may ask for something, too
    page.route(f"**/runs/{run.pk}/*", lambda route: asked.append(route))
    change(run, "run.started", status="RUNNING")
    while not asked:
        page.wait_for_timeout(50)
    page.get_by_role("button", name="Pause updates").click()
    with page.expect_response("**/runs/**"):
        asked[0].continue_()
    page.unroute_all()
    page.wait_for_timeout(300)
    expect(page.locator(".status.pill")).to_have_text("Queued")

    page.get_by_role("button", name="Resume updates").click()
    expect(page.locator(".status.pill")).to_have_text("Running")


def test_updates_can_be_paused(page: Page, address: str, run: Run):
    page.goto(f"{address}/runs/{run.pk}/")
    page.get_by_role("button", name="Pause updates").click()
    change(run, "run.started", status="RUNNING")
    page.wait_for_timeout(2200)
    expect(page.locator(".status.pill")).to_have_text("Queued")

    page.get_by_role("button", name="Resume updates").click()
    expect(page.locator(".status.pill")).to_have_text("Running")


def test_cancelling_asks_first_and_then_ends_a_queued_run(page: Page, address: str, run: Run):
    page.goto(f"{address}/runs/{run.pk}/")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Keep running").click()
    assert Run.objects.get(pk=run.pk).status == "QUEUED"

    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel run").click()
    expect(page.locator(".status.pill")).to_have_text("Cancelled")


def test_an_interrupted_run_goes_on_with_more_money(page: Page, address: str, run: Run):
    Run.objects.filter(pk=run.pk).update(status="BUDGET_EXHAUSTED")
    page.goto(f"{address}/runs/{run.pk}/")
    page.get_by_role("button", name="Go on").first.click()
    page.get_by_label("Whole budget from now on").fill("3")
    page.get_by_role("dialog").get_by_role("button", name="Go on").click()

    expect(page.locator(".status.pill")).to_have_text("Queued")
    assert Run.objects.get(pk=run.pk).budget_nanousd == world.usd("3")


def test_a_resume_without_money_says_so(page: Page, address: str, run: Run):
    Run.objects.filter(pk=run.pk).update(status="BUDGET_EXHAUSTED")
    page.goto(f"{address}/runs/{run.pk}/")
    page.get_by_role("button", name="Go on").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Go on").click()

    expect(page.get_by_text("give it a larger budget")).to_be_visible()
    assert Run.objects.get(pk=run.pk).status == "BUDGET_EXHAUSTED"


def test_someone_who_may_only_read_sees_no_buttons_to_steer(page: Page, address: str, run: Run):
    world.person("auditor", run.org, None, "auditor")
    page.context.clear_cookies()
    log_in(page, address, "auditor")
    page.goto(f"{address}/runs/{run.pk}/")

    expect(page.locator(".status.pill")).to_have_text("Queued")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)


def test_the_output_is_copied(page: Page, address: str, run: Run):
    world.finished_task(run, "tokens")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{address}/runs/{run.pk}/?task=tokens")
    page.locator("[data-copy=output-text]").click()

    expect(page.locator("[data-copy=output-text]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == world.CODE
