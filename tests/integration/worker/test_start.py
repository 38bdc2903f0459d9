"""`manage.py start`, which `make run` ends in: up, welcome, stop, and up again with its data."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.integration.worker.world import ROOT, lives, until

PATIENCE = 60.0
LISTED = re.compile(r"API key\s+(\S+)")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    numbers = [str(port.getsockname()[1]) for port in ports]
    for port in ports:
        port.close()
    chosen = {"DATA_DIR": str(tmp_path), "PORT": numbers[0], "SIM_PORT": numbers[1]}
    return {**os.environ, **chosen, "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}"}


@contextmanager
def started(environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Have everything running and the welcome printed; whatever happens, nothing stays."""
    with log.open("wb") as output:
        main = subprocess.Popen(
            [sys.executable, "manage.py", "start"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    family: list[psutil.Process] = []
    try:
        assert until(lambda: "A first run" in log.read_text(), PATIENCE), log.read_text()
        family = psutil.Process(main.pid).children(recursive=True)
        yield main
        assert until(lambda: not any(map(lives, family))), [p for p in family if lives(p)]
    finally:
        main.kill()
        main.wait()
        for process in family:
            if lives(process):
                process.kill()


def test_start_runs_everything_and_keeps_its_data(environment: dict[str, str], tmp_path: Path):
    keys = []
    for number, name in enumerate((signal.SIGINT, signal.SIGTERM)):
        log = tmp_path / f"start-{number}.log"
        with started(environment, log) as main:
            found = LISTED.search(log.read_text())
            assert found, log.read_text()
            keys.append(found[1])
            answer = httpx.get(
                f"http://127.0.0.1:{environment['PORT']}/api/v1/runs/",
                headers={"Authorization": f"Bearer {keys[-1]}"},
                timeout=30,
            )
            assert answer.status_code == 200, answer.text
            main.send_signal(name)
            assert main.wait(15) == 0
    assert keys[0] == keys[1]


@pytest.mark.parametrize("variable", ["PORT", "SIM_PORT"])
def test_start_says_which_port_is_taken(environment: dict[str, str], variable: str):
    with socket.create_server(("127.0.0.1", int(environment[variable]))):
        refused = subprocess.run(
            [sys.executable, "manage.py", "start"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    assert refused.returncode == 1
    assert f"Port {environment[variable]} cannot be used" in refused.stderr
    assert f"make run {variable}=" in refused.stderr
    assert "Traceback" not in refused.stderr
