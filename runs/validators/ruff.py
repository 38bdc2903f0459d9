"""Judges Python code with the linter ruff, by the rules that find likely errors."""

from __future__ import annotations

import shutil
import sysconfig
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from .python_source import NoPython, python_files
from .result import Verdict, failed, passed, unavailable
from .sandbox import launch, runtime
from .sandbox.spec import MIB, Limits

# It starts a thread per core, and reserves far more address space than it uses.
_LIMITS: Final = Limits(
    wall_seconds=30, cpu_seconds=10, memory_bytes=512 * MIB, address_space_bytes=4096 * MIB
)
_FOUND_ERRORS: Final = 1


@lru_cache(maxsize=1)
def _executable() -> str | None:
    beside_python = Path(sysconfig.get_path("scripts")) / "ruff"
    return str(beside_python) if beside_python.exists() else shutil.which("ruff")


async def check(output: str, options: Mapping[str, Any]) -> Verdict:
    """Lint every Python file of the output; its own `noqa` comments count for nothing."""
    executable = _executable()
    if executable is None:
        return unavailable("ruff is not installed")
    try:
        files = python_files(output)
    except NoPython:
        return failed("there is no Python code in the output")
    # E402: a later block's imports stand in the middle of the joined file
    argv = [
        f"{runtime.TOOLS_FOLDER}/{Path(executable).name}", "check", "--isolated", "--no-cache",
        "--ignore-noqa", "--output-format=concise", "--no-respect-gitignore",
        "--select=E4,E7,E9,F", "--ignore=E402", ".",
    ]  # fmt: skip
    result = await launch.run(
        argv, files, _LIMITS, view=runtime.tool(executable), environment={"RAYON_NUM_THREADS": "1"}
    )
    if result.exit_code == 0:
        return passed("ruff found nothing")
    if result.exit_code == _FOUND_ERRORS:
        return failed(result.output)
    return unavailable(f"ruff did not finish: {result.killed_by or result.output}")
