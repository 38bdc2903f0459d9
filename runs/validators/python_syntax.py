"""Judges whether Python code compiles; runs none of it.

The compiler, too, can be made to exhaust memory or the stack, so that it works in the sandbox.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final

from .python_source import NoPython, python_files
from .result import Verdict, failed, passed, unavailable
from .sandbox import launch, runtime
from .sandbox.spec import MIB, Limits

_LIMITS: Final = Limits(
    wall_seconds=30, cpu_seconds=5, memory_bytes=256 * MIB, address_space_bytes=512 * MIB,
    processes=4,
)  # fmt: skip
_COMPILE: Final = """
import sys, warnings
warnings.simplefilter("ignore")
wrong = 0
for name in sys.argv[1:]:
    try:
        with open(name, "rb") as file:
            compile(file.read(), name, "exec", dont_inherit=True)
    except SyntaxError as error:
        wrong = 1
        print(f"{name}, line {error.lineno}: {error.msg}")
        if error.text:
            print("    " + error.text.strip()[:200])
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        wrong = 1
        print(f"{name}: cannot be compiled: {error or type(error).__name__}")
sys.exit(wrong)
"""


async def check(output: str, options: Mapping[str, Any]) -> Verdict:
    """Compile every Python file of the output."""
    try:
        files = python_files(output, joined=False)
    except NoPython:
        return failed("there is no Python code in the output")
    sources = [name for name in files if name.endswith(".py")]
    if not any(files[name].strip() for name in sources):
        return failed("there is no Python code in the output")
    argv = [runtime.python_path(), "-I", "-S", "-c", _COMPILE, *sources]
    result = await launch.run(argv, files, _LIMITS)
    if result.killed_by == "wall_clock":  # a compiler does not wait: the machine is overloaded
        return unavailable("the compiler got no processor time")
    if result.killed_by is not None:
        return failed(f"the compiler did not finish: {result.killed_by}")
    if result.exit_code != 0:
        return failed(result.output)
    version = ".".join(str(part) for part in sys.version_info[:2])
    return passed(f"compiles as Python {version}")
