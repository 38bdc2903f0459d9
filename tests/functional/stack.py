"""The whole product as its own processes: web, workers, simulator, and a database of their own.

    with running_stack(workers=1) as stack:
        run = stack.submit(project="Write a haiku")
        run = stack.wait(run["id"])

On SQLite the database is a file in a temporary folder; where DATABASE_URL names a PostgreSQL, one
of its own is made on that server.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.browser.site import free_port
from tests.databases import ROOT, manage
from tests.fixtures.simulator import Simulator, running_simulator
from tests.functional.template import copied_template, prepare

UNFINISHED = {"QUEUED", "RUNNING", "CANCELLING"}


class Stack:
    """Starts and kills the product's processes, and talks to it over REST."""

    def __init__(
        self, folder: Path, database_url: str, key: str, simulator: Simulator, **env: str
    ) -> None:
        self.folder = folder
        self.simulator = simulator
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "DATA_DIR": str(folder),
            "DATABASE_URL": database_url,
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "SIM_BASE_URL": simulator.url,
            "USE_SIMULATOR": "1",
            "LEASE_SECONDS": "3",
            **env,
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self.web: subprocess.Popen[bytes] | None = None
        # Another database than the tests' own is not ready yet.
        self.key = prepare(self.environment) if "DATABASE_URL" in env else key
        self.client = self.client_with(self.key)

    def client_with(self, key: str) -> httpx.Client:
        """Return a client that speaks for an API key."""
        return httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Bearer {key}"},
            timeout=30,
            trust_env=False,
        )

    def manage(self, *arguments: str, check: bool = True) -> str:
        """Run a management command; return what it printed."""
        return manage(self.environment, *arguments, check=check)

    def start_web(self) -> subprocess.Popen[bytes]:
        """Start the web process and wait until it answers."""
        command = ["-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port)]
        self.web = self._start("web", *command, "config.asgi:application")
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/healthz", trust_env=False).status_code == 200:
                    return self.web
            time.sleep(0.1)
        raise RuntimeError(f"the web process did not come up:\n{self.log('web')[-3000:]}")

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start one more worker cluster."""
        return self._start("worker", "manage.py", "qcluster")

    def _start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def log(self, name: str) -> str:
        """Return what the processes of this name wrote."""
        file = self.folder / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def submit(self, **body: Any) -> dict[str, Any]:
        """Submit a run and return it."""
        answer = self.client.post("/runs/", json=body)
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON of a GET."""
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def page(self, path: str, session: str) -> str:
        """Return a page as whoever has this session sees it."""
        cookies = {"sessionid": session}
        answer = httpx.get(self.url + path, cookies=cookies, timeout=30, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.text

    def all(self, path: str) -> list[dict[str, Any]]:
        """Return all pages of a list."""
        found: list[dict[str, Any]] = []
        page = self.get(path, page_size=200)
        while True:
            found += page["results"]
            if page["next"] is None:
                return found
            page = self.client.get(page["next"]).json()

    def wait(self, run_id: str, seconds: float = 60, status: set[str] | None = None) -> Any:
        """Return the run once it has ended, or has one of these statuses."""
        until = time.monotonic() + seconds
        while True:
            run = self.get(f"/runs/{run_id}/")
            if run["status"] in status if status else run["status"] not in UNFINISHED:
                return run
            if time.monotonic() > until:
                tail = self.log("worker")[-4000:]
                raise AssertionError(f"{run_id} is still {run['status']}: {run}\n{tail}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End every process that was started, with all that it started itself."""
        self.client.close()
        for process in self.processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def running_stack(
    *, workers: int = 1, web: bool = True, latency_scale: float = 0.05, **env: str
) -> Iterator[Stack]:
    """Have the product running while the block lasts."""
    with (
        tempfile.TemporaryDirectory(prefix="stack-") as folder,
        copied_template(Path(folder)) as (database_url, key),
        running_simulator(latency_scale=latency_scale) as simulator,
    ):
        stack = Stack(Path(folder), database_url, key, simulator, **env)
        try:
            if web:
                stack.start_web()
            for _ in range(workers):
                stack.start_worker()
            yield stack
        finally:
            stack.stop()
