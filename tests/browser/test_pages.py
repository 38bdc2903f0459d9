"""Pages as a person meets them: log in, look, submit, and be told when it is not theirs."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from runs.models import Run
from tests.browser import world
from tests.browser.conftest import log_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_stranger_is_asked_to_log_in_and_comes_back_to_the_page(page: Page, address: str):
    _, eng, _ = world.org_with_people()
    run = world.run(eng)

    page.goto(f"{address}/runs/{run.pk}/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(world.PASSWORD)
    page.get_by_role("button", name="Log in").click()

    expect(page).to_have_url(f"{address}/runs/{run.pk}/")


def test_a_wrong_password_is_refused_in_a_sentence(page: Page, address: str):
    world.org_with_people()
    page.goto(f"{address}/login/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("guess")
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("alert")).to_contain_text("do not belong together")


def test_logging_out_ends_the_session(page: Page, address: str):
    world.org_with_people()
    log_in(page, address)
    page.get_by_role("button", name="Log out").click()
    page.goto(f"{address}/runs/")

    expect(page).to_have_url(f"{address}/login/?next=/runs/")


def test_an_empty_list_tells_how_to_submit(page: Page, address: str):
    world.org_with_people()
    log_in(page, address)

    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()
    expect(page.locator("#curl")).to_contain_text(f"{address}/api/v1/runs/")


def test_the_list_shows_only_runs_of_the_persons_teams(page: Page, address: str):
    _, eng, research = world.org_with_people()
    world.run(eng, project="Ours to see")
    world.run(research, project="Of another team")
    log_in(page, address, "dev")

    expect(page.get_by_role("link", name="Ours to see")).to_be_visible()
    expect(page.get_by_text("Of another team")).to_have_count(0)


def test_the_list_filters_by_status_in_its_address(page: Page, address: str):
    _, eng, _ = world.org_with_people()
    world.run(eng, project="Went well", status="SUCCESS")
    world.run(eng, project="Ran out", status="BUDGET_EXHAUSTED")
    log_in(page, address)
    page.get_by_role("link", name="Interrupted").click()

    expect(page).to_have_url(f"{address}/runs/?status=interrupted")
    expect(page.get_by_role("link", name="Ran out")).to_be_visible()
    expect(page.get_by_text("Went well")).to_have_count(0)


def test_older_runs_stand_on_further_pages_without_repeats(page: Page, address: str):
    _, eng, _ = world.org_with_people()
    for number in range(53):
        world.run(eng, project=f"Number {number:02d}", status="SUCCESS")
    log_in(page, address)
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Older").click()

    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.get_by_role("link", name="Number 00")).to_be_visible()
    page.get_by_role("link", name="Newest").click()
    expect(page.get_by_role("link", name="Number 52")).to_be_visible()


def test_submitting_the_form_makes_a_run_and_shows_it(page: Page, address: str, errors: list[str]):
    world.org_with_people()
    log_in(page, address)
    page.get_by_role("link", name="New run").first.click()
    page.get_by_label("Project").fill("Write a haiku about budgets")
    page.get_by_label("Budget").fill("0.25")
    page.get_by_role("button", name="Submit run").click()

    expect(page.get_by_role("heading", name="Write a haiku about budgets")).to_be_visible()
    run = Run.objects.get()
    assert page.url == f"{address}/runs/{run.pk}/"
    assert (run.budget_nanousd, run.team.slug) == (world.usd("0.25"), "eng")
    assert errors == []


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "1e309", "a lot", "0.0000000001"])
def test_an_amount_that_is_none_is_refused_and_nothing_stored(
    page: Page, address: str, amount: str
):
    world.org_with_people()
    log_in(page, address)
    page.goto(f"{address}/runs/new/")
    page.get_by_label("Project").fill("Anything")
    page.get_by_label("Budget").fill(amount)
    page.get_by_role("button", name="Submit run").click()

    expect(page.locator(".errorlist")).to_be_visible()
    expect(page.get_by_label("Project")).to_have_value("Anything")
    assert not Run.objects.exists()


def test_a_budget_without_room_says_what_is_free_and_who_can_raise_it(page: Page, address: str):
    world.org_with_people()
    log_in(page, address)
    page.goto(f"{address}/runs/new/")
    page.get_by_label("Project").fill("Too dear")
    page.get_by_label("Budget").fill("60")
    page.get_by_role("button", name="Submit run").click()

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("$50.00 free")
    expect(alert).to_contain_text("raised by")
    assert not Run.objects.exists()


def test_the_form_asks_before_it_repeats_an_interrupted_run(page: Page, address: str):
    world.org_with_people()
    log_in(page, address)
    page.goto(f"{address}/runs/new/")
    page.get_by_label("Project").fill("Translate the manual into plain English")
    page.get_by_role("button", name="Submit run").click()
    page.wait_for_url("**/runs/0*/")
    Run.objects.update(status="PARTIAL_SUCCESS", tasks_total=4, tasks_done=1)

    page.goto(f"{address}/runs/new/")
    page.get_by_label("Project").fill("Translate the manual into plain English")
    page.get_by_role("button", name="Submit run").click()
    expect(page.get_by_text("A run like this one was interrupted.")).to_be_visible()
    assert Run.objects.count() == 1

    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/runs/0*/")
    assert Run.objects.get().status == "QUEUED"


def test_starting_from_nothing_leaves_the_interrupted_run_alone(page: Page, address: str):
    world.org_with_people()
    log_in(page, address)
    for _ in range(2):
        page.goto(f"{address}/runs/new/")
        page.get_by_label("Project").fill("Translate the manual into plain English")
        page.get_by_role("button", name="Submit run").click()
        if page.get_by_label("Start from nothing").count():
            page.get_by_label("Start from nothing").check()
            page.get_by_role("button", name="Go on").click()
        page.wait_for_url("**/runs/0*/")
        Run.objects.update(status="PARTIAL_SUCCESS")

    assert Run.objects.count() == 2


def test_another_orgs_run_is_not_there(page: Page, address: str):
    _, eng, _ = world.org_with_people()
    run = world.run(eng)
    log_in(page, address, "eve")
    answer = page.goto(f"{address}/runs/{run.pk}/")

    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="Nothing stands here")).to_be_visible()


def test_the_reference_of_the_api_unfolds_and_the_browser_complains_of_nothing(
    page: Page, address: str, errors: list[str]
):
    outside: list[str] = []
    page.on("request", lambda asked: outside.append(asked.url))
    page.goto(f"{address}/api/docs/")
    compute = page.locator("#operations-recommendations-recommendations_compute")
    compute.locator(".opblock-summary-control").click()

    expect(compute.locator(".opblock-body")).to_contain_text("once a minute at most")
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px"
    assert errors == []
    assert [url for url in outside if not url.startswith((address, "data:"))] == []
