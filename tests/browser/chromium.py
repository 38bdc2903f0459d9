"""The system's Chromium: found, or installed where this process may, or asked for plainly."""

from __future__ import annotations

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
# As root there is no sandbox; the rest keeps a fresh profile from calling home.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
HOW = (
    "The browser tests need Chromium and found none. Install it with "
    "`apt-get update && apt-get install -y chromium` (Debian, Ubuntu) or your system's own "
    "package, or name one with CHROMIUM=/path/to/chromium."
)


class NoChromium(Exception):
    """No browser is here, and none could be installed."""


def executable() -> str:
    """Return the path of a Chromium. Raises: NoChromium, saying how to get one."""
    found = _found()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install()
        found = _found()
    if found is None:
        raise NoChromium(HOW)
    return found


def _found() -> str | None:
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _install() -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        subprocess.run(
            ["apt-get", "-qq", *command], env=environment, capture_output=True, check=False
        )


if __name__ == "__main__":
    print(executable())
