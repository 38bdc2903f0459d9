"""A way to run a program in the sandbox from a plain test."""

from __future__ import annotations

import asyncio
import os
import textwrap
import time
from pathlib import Path

import pytest

from runs.validators.sandbox import launch, runtime
from runs.validators.sandbox.spec import Limits


@pytest.fixture
def inside():
    """Run Python source in the sandbox, `limits` overriding the defaults; return its result."""

    def run(source, files=None, **limits):
        argv = [runtime.python_path(), "-I", "-c", textwrap.dedent(source)]
        return asyncio.run(launch.run(argv, files or {}, Limits(**limits)))

    return run


@pytest.fixture
def processes_with():
    """Return the host's processes whose command line holds a word, after a moment to end."""

    def search(word, patience_seconds=10.0):
        deadline = time.monotonic() + patience_seconds
        found = _search(word)
        while found and time.monotonic() < deadline:
            time.sleep(0.05)
            found = _search(word)
        return found

    return search


def _search(word: str) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                if word.encode() in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
    return found
