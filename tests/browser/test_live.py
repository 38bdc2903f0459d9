"""Pages that follow the server: by socket, after a restart, without a socket, and held still."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import Page, expect

from runs.models import Run
from tests.browser import site, world
from tests.browser.conftest import log_in

pytestmark = pytest.mark.django_db(transaction=True)
LISTEN = """
window.told = []; window.states = [];
document.addEventListener("live:events", ({ detail }) => {
  window.told.push(...detail.events.map((each) => each.seq));
});
document.addEventListener("live:state", (e) => window.states.push(e.detail.state));
"""


@pytest.fixture
def run(page: Page, address: str) -> Run:
    _, eng, _ = world.org_with_people()
    page.add_init_script(LISTEN)
    log_in(page, address)
    return world.run(eng)


def told(page: Page) -> list[int]:
    found: list[int] = page.evaluate("window.told")
    return found


def wait_for(page: Page, numbers: list[int]) -> None:
    """Wait until these events were told, each once and in order."""
    until = time.monotonic() + 15
    while len(told(page)) < len(numbers) and time.monotonic() < until:
        page.wait_for_timeout(50)
    assert told(page) == numbers


def be_live(page: Page, url: str) -> None:
    """Open a page and let it catch up with what happened while it was made."""
    page.goto(url)
    expect(badge(page)).to_have_text("Live")
    page.wait_for_timeout(700)
    page.evaluate("window.told.length = 0")


def badge(page: Page) -> Any:
    return page.locator("[data-live-state]")


def sockets(page: Page) -> list[str]:
    found: list[str] = []
    page.on("websocket", lambda socket: found.append(socket.url))
    return found


def test_a_change_is_on_the_page_at_once_and_without_polling(
    page: Page, address: str, run: Run, errors: list[str]
):
    opened = sockets(page)
    be_live(page, f"{address}/runs/{run.pk}/")
    expect(page.locator("[data-live-age]")).to_have_text(re.compile(r"\d s old"))
    assert opened[-1] == f"ws{address[4:]}/ws/runs/{run.pk}/"
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1500)
    assert asked == []

    Run.objects.filter(pk=run.pk).update(status="RUNNING")
    started = time.monotonic()
    seq = world.event(run, "run.started", status="RUNNING").seq
    expect(page.locator(".status.pill")).to_have_text("Running", timeout=2000)
    assert time.monotonic() - started < 2
    assert told(page) == [seq]
    assert len(asked) == 1
    assert errors == []


def test_the_list_of_runs_follows_the_org(page: Page, address: str, run: Run, errors: list[str]):
    be_live(page, f"{address}/runs/")
    other = world.run(run.team, project="A second project")

    expect(page.locator(f"#run-{other.pk}")).to_be_visible(timeout=3000)
    assert errors == []


def test_many_events_at_once_are_few_requests(page: Page, address: str, run: Run):
    be_live(page, f"{address}/runs/{run.pk}/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    numbers = []
    until = time.monotonic() + 2
    while time.monotonic() < until:
        numbers.append(world.event(run, "call.finished").seq)
        page.wait_for_timeout(10)
    page.wait_for_timeout(1200)

    assert told(page) == numbers
    assert len(numbers) > 40
    assert 1 <= len(asked) <= 12


def test_pausing_holds_the_page_and_resuming_catches_up(page: Page, address: str, run: Run):
    be_live(page, f"{address}/runs/{run.pk}/")
    page.get_by_role("button", name="Pause updates").click()
    expect(badge(page)).to_have_text("Paused")
    Run.objects.filter(pk=run.pk).update(status="RUNNING")
    numbers = [world.event(run, "task.finished").seq for _ in range(3)]
    page.wait_for_timeout(2500)
    expect(page.locator(".status.pill")).to_have_text("Queued")
    expect(page.locator("[data-live-age]")).to_have_text(re.compile(r"[23] s old"))
    assert told(page) == []

    page.get_by_role("button", name="Resume updates").click()
    expect(page.locator(".status.pill")).to_have_text("Running")
    expect(badge(page)).to_have_text("Live")
    assert told(page) == numbers


def test_a_hidden_tab_asks_for_nothing_and_catches_up_when_shown(
    page: Page, address: str, run: Run
):
    be_live(page, f"{address}/runs/{run.pk}/")
    hide(page, True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    Run.objects.filter(pk=run.pk).update(status="RUNNING")
    seq = world.event(run, "run.started").seq
    page.wait_for_timeout(1500)
    assert asked == []

    hide(page, False)
    expect(page.locator(".status.pill")).to_have_text("Running")
    assert told(page) == [seq]


def hide(page: Page, hidden: bool) -> None:
    page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_without_sockets_the_page_polls(page: Page, address: str, run: Run):
    page.add_init_script("""window.WebSocket = class extends EventTarget {
      constructor() { super(); setTimeout(() => this.dispatchEvent(new CloseEvent("close"))); }
      close() {} };""")
    page.goto(f"{address}/runs/{run.pk}/")
    expect(badge(page)).to_have_text("Polling", timeout=9000)
    Run.objects.filter(pk=run.pk).update(status="RUNNING")
    world.event(run, "run.started")

    expect(page.locator(".status.pill")).to_have_text("Running", timeout=8000)


def test_what_happened_while_the_page_was_made_is_not_missed(page: Page, address: str, run: Run):
    def between(route: Any) -> None:
        Run.objects.filter(pk=run.pk).update(status="RUNNING")
        world.event(run, "run.started")
        route.continue_()

    # Asked for when the page has been answered, and before anything on it can listen.
    page.route("**/js/app.js", between)
    page.goto(f"{address}/runs/{run.pk}/")

    expect(page.locator(".status.pill")).to_have_text("Running")


def test_someone_thrown_out_gets_nothing_more(page: Page, address: str, run: Run):
    be_live(page, f"{address}/runs/{run.pk}/")
    from budgets.models import Membership

    Membership.objects.filter(user__username="ada").delete()
    world.event(run, "task.finished", secret="yes")

    expect(badge(page)).to_have_text("Not live")
    assert told(page) == []


class Web:
    """A web process of its own, which a test may kill."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = site.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = os.environ | {
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": f"sqlite:///{Path(connection.settings_dict['NAME']).resolve()}",
            "SECRET_KEY": settings.SECRET_KEY,
            "PUBLIC_URL": self.url,
        }
        log = self.folder / "daphne.log"
        command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port)]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*command, "config.asgi:application"],
                cwd=site.ROOT, env=environment, stdout=output, stderr=output,
            )  # fmt: skip
        site._wait(self.process, self.url, log)

    def kill(self) -> None:
        assert self.process is not None
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def web(db: None, tmp_path: Path) -> Iterator[Web]:
    web = Web(tmp_path)
    web.start()
    yield web
    web.kill()


def test_a_killed_server_is_reconnected_to_and_nothing_is_missed(page: Page, web: Web):
    _, eng, _ = world.org_with_people()
    page.add_init_script(LISTEN)
    log_in(page, web.url)
    run = world.run(eng)
    be_live(page, f"{web.url}/runs/{run.pk}/")
    numbers = [world.event(run, "task.finished", n=n).seq for n in range(5)]
    wait_for(page, numbers)

    web.kill()
    expect(badge(page)).to_have_text("Reconnecting")
    expect(page.locator("#announcer")).to_have_text("Connection to the server lost")
    Run.objects.filter(pk=run.pk).update(status="RUNNING")
    numbers += [world.event(run, "task.finished", n=n).seq for n in range(250)]
    page.wait_for_timeout(2000)
    web.start()
    numbers += [world.event(run, "task.finished", n=n).seq for n in range(5)]

    expect(badge(page)).to_have_text("Live", timeout=20_000)
    expect(page.locator(".status.pill")).to_have_text("Running")
    wait_for(page, numbers)
    numbers.append(world.event(run, "run.finished").seq)
    wait_for(page, numbers)
