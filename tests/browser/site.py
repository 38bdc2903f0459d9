"""The site as a browser meets it: a daphne process on a free port with a database of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(environment: dict[str, str]) -> Iterator[str]:
    """Serve the pages until the block ends; yield their address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    log = Path(environment["DATA_DIR"]) / "daphne.log"
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port)]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "config.asgi:application"],
            cwd=ROOT,
            env=os.environ | environment | {"PUBLIC_URL": address, "PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(process, address, log)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(timeout=PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:  # a busy machine is slow, and no reason to fail
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            urlopen(f"{address}/login/", timeout=5)
            return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"The site did not come up:\n{log.read_text()[-2000:]}")
