"""Judges code by the tests that come with it: all must pass, and there must be one.

The tests are the model's own, so a pass says that code and tests agree, not that either is right.
"""

from __future__ import annotations

import importlib.metadata
import re
import secrets
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from .python_source import NoPython, python_files
from .result import Verdict, failed, passed, unavailable
from .sandbox import launch, runtime
from .sandbox.spec import WORK_FOLDER, Limits

_LIMITS: Final = Limits(wall_seconds=60, cpu_seconds=30)
_NONE_COLLECTED: Final = 5
# The word proves that pytest came to its end: code that ends the process at once with 0, or
# prints what pytest would print, does not know it.
_DRIVE: Final = f"""
import os, sys
def drive():
    with open(".word") as file:
        word = file.read()
    os.unlink(".word")
    sys.path.insert(0, {runtime.PACKAGES_FOLDER!r})
    sys.path += [{WORK_FOLDER!r}, {WORK_FOLDER + "/src"!r}]
    import pytest
    counts = {{"passed": 0, "failed": 0, "skipped": 0}}
    class Count:
        def pytest_runtest_logreport(self, report):
            if report.when == "call" or report.outcome != "passed":
                counts[report.outcome] += 1
    code = pytest.main(sys.argv[1:], plugins=[Count()])
    sys.stdout.flush()
    print(f"\\n{{word}} {{int(code)}} {{counts['passed']}}", flush=True)
drive()
"""
_ARGUMENTS: Final = (
    "-q", "--color=no", "--tb=short", "-p", "no:cacheprovider", "-c", "/dev/null",
    f"--rootdir={WORK_FOLDER}",
)  # fmt: skip
_HINTS: Final = (
    (
        "ModuleNotFoundError",
        "Only the standard library and pytest can be imported, and the files of the output. "
        "Give each file a name in its first line: # file: app.py",
    ),
    ("caught unexpected SystemExit", "The code ends the process while it is imported."),
    ("PermissionError: [Errno 1]", "Tests run without a network."),
)


async def check(output: str, options: Mapping[str, Any]) -> Verdict:
    """Run the output's tests in the sandbox."""
    try:
        files = python_files(output)
    except NoPython:
        return failed("there is no Python code in the output")
    try:
        view = runtime.packages("pytest")
    except importlib.metadata.PackageNotFoundError:
        return unavailable("pytest is not installed")
    word = secrets.token_hex(16)
    argv = [runtime.python_path(), "-I", "-B", "-c", _DRIVE, *_ARGUMENTS, *_pattern(files)]
    environment = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    result = await launch.run(
        argv, {**files, ".word": word}, _LIMITS, view=view, environment=environment
    )
    return _judge(result, word)


def _pattern(files: Mapping[str, str]) -> list[str]:
    names = [PurePosixPath(name).name for name in files]
    if any(re.fullmatch(r"test_.*\.py|.*_test\.py", name) for name in names):
        return []
    return ["-o", "python_files=*.py"]


def _judge(result: launch.SandboxResult, word: str) -> Verdict:
    told = re.search(rf"^{word} (\d+) (\d+)$", result.output, re.MULTILINE)
    shown = re.sub(rf"\n?{word}.*\n?", "", result.output).strip()
    if result.killed_by is not None:
        reason = _REASONS.get(result.killed_by, result.killed_by)
        return failed(f"the tests were ended: {reason}\n{shown}")
    if told is None:
        return failed(f"the tests ended the process before pytest could report\n{shown}")
    code, passes = int(told.group(1)), int(told.group(2))
    if code == _NONE_COLLECTED:
        return failed("no test was found; name test functions test_...")
    if code != 0:
        return failed(_with_hints(shown))
    if passes == 0:
        return failed(f"no test passed\n{shown}")
    return passed(f"{passes} passed")


_REASONS: Final = {
    "wall_clock": f"they took longer than {_LIMITS.wall_seconds:g} seconds",
    "cpu": f"they used more than {_LIMITS.cpu_seconds} seconds of processor time",
    "memory": f"they used more than {_LIMITS.memory_bytes // 1024**2} MiB of memory",
    "output": f"they printed more than {_LIMITS.output_bytes // 1024} KiB",
}


def _with_hints(shown: str) -> str:
    hints = [hint for sign, hint in _HINTS if sign in shown]
    return "\n".join([*hints, shown])
