"""The door to the sandbox: run a program in it without holding up the event loop.

Where isolation cannot be had it raises `SandboxUnavailable`; nothing is ever run bare.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from . import runtime
from .files import check_files
from .spec import INNER_ID, WORK_FOLDER, Limits, Spec

_GRACE_SECONDS: Final = 10.0
_AT_ONCE: Final = min(4, max(2, os.cpu_count() or 2))
# The supervisor is imported as `sandbox`, so that it loads nothing else of the project.
_SUPERVISE: Final = (
    "import sys; sys.path.append(sys.argv.pop(1)); "
    "from sandbox import supervisor; supervisor.main()"
)
_COMMAND: Final = (
    sys.executable, "-I", "-S", "-c", _SUPERVISE, str(Path(__file__).parents[1])
)  # fmt: skip
_ENVIRONMENT: Final = {
    "PATH": runtime.TOOLS_FOLDER,
    "HOME": WORK_FOLDER,
    "TMPDIR": f"{WORK_FOLDER}/.tmp",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONDONTWRITEBYTECODE": "1",
    # by default each thread's allocator reserves 64 MiB of the limited address space
    "MALLOC_ARENA_MAX": "2",
}
# Ends with 0 only where it is nobody, cannot write and has no network.
_PROBE: Final = f"""
import os, socket, sys
try:
    socket.socket()
    sys.exit("a socket could be opened")
except OSError:
    pass
sys.exit(os.getuid() != {INNER_ID} or os.access("/", os.W_OK) or os.path.exists("/proc/1"))
"""
_turns: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
    weakref.WeakKeyDictionary()
)


class SandboxUnavailable(Exception):
    """There is no isolation to be had here; the text says why."""


@dataclass(frozen=True)
class SandboxResult:
    """How a run ended: `exit_code` is None if a signal or a limit ended it.

    `killed_by`: None, `wall_clock`, `cpu`, `memory`, `output`, `kernel`, or a signal's name.
    """

    exit_code: int | None
    output: str
    killed_by: str | None
    truncated: bool

    @property
    def timed_out(self) -> bool:
        """Return whether time, of the clock or of the processor, ended it."""
        return self.killed_by in {"wall_clock", "cpu"}


async def run(
    argv: Sequence[str],
    files: Mapping[str, str],
    limits: Limits | None = None,
    *,
    view: runtime.View | None = None,
    environment: Mapping[str, str] | None = None,
) -> SandboxResult:
    """Run a program on a copy of `files` (relative names) in an empty folder, and wait for it.

    `argv[0]` is a path inside the sandbox; `view` adds to what the interpreter needs.
    Raises: SandboxUnavailable; UnsafeFiles.
    """
    spec = _spec(argv, files, limits or Limits(), view, environment or {})
    async with _turn():
        answer = await _supervise(spec)
    return _result(answer)


@lru_cache(maxsize=1)
def sandbox_available() -> str | None:
    """Return why there is no sandbox here, or None if there is one. Tries it once, then knows."""
    try:
        spec = _spec([runtime.python_path(), "-I", "-c", _PROBE], {}, Limits(), None, {})
        done = subprocess.run(
            _COMMAND, input=spec.to_json().encode(), env={}, capture_output=True, timeout=60
        )
        result = _result(_parsed(done.stdout, done.stderr))
    except (SandboxUnavailable, OSError, subprocess.SubprocessError) as error:
        return str(error)
    return None if result.exit_code == 0 else f"the trial run failed: {result.output[-300:]}"


def _spec(
    argv: Sequence[str],
    files: Mapping[str, str],
    limits: Limits,
    view: runtime.View | None,
    environment: Mapping[str, str],
) -> Spec:
    if not sys.platform.startswith("linux"):
        raise SandboxUnavailable("the sandbox needs Linux")
    check_files(files, limits)
    shown = runtime.together(runtime.interpreter(), view or runtime.View())
    return Spec(
        argv=list(argv),
        files=dict(files),
        environment={**_ENVIRONMENT, **environment},
        binds=[list(pair) for pair in shown.binds],
        links=[list(pair) for pair in shown.links],
        hidden=list(shown.hidden),
        limits=limits,
    )


def _turn() -> asyncio.Semaphore:
    # one per loop: a semaphore belongs to the loop that first waited for it
    return _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE))


async def _supervise(spec: Spec) -> dict[str, Any]:
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *_COMMAND, stdin=pipe, stdout=pipe, stderr=pipe, env={}, start_new_session=True
        )
    except OSError as error:
        raise SandboxUnavailable(f"no process for the sandbox: {error}") from error
    try:
        async with asyncio.timeout(spec.limits.wall_seconds + _GRACE_SECONDS):
            out, err = await process.communicate(spec.to_json().encode())
    except TimeoutError as error:
        raise SandboxUnavailable("the sandbox's supervisor did not answer") from error
    finally:
        if process.returncode is None:  # cancelled or late: the sandbox dies with its supervisor
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return _parsed(out, err)


def _parsed(out: bytes, err: bytes) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(out)
    except ValueError as error:
        reason = err.decode("utf-8", "replace").strip()[-300:]
        raise SandboxUnavailable(f"the sandbox's supervisor failed: {reason}") from error
    if "error" in answer:
        raise SandboxUnavailable(f"no isolation: {answer['error']}")
    return answer


def _result(answer: Mapping[str, Any]) -> SandboxResult:
    status = answer["status"]
    killed_by = answer["killed_by"]
    exit_code = None
    if status is not None and killed_by is None:
        code = os.waitstatus_to_exitcode(status)
        exit_code = code if code >= 0 else None
        killed_by = None if code >= 0 else _signal_name(-code)
    return SandboxResult(exit_code, answer["output"], killed_by, answer["truncated"])


def _signal_name(number: int) -> str:
    if number == signal.SIGXCPU:
        return "cpu"
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
