"""The process beside the sandbox: starts it, counts what it uses, ends it, reports once.

Reads a `Spec` from standard input and writes one JSON object to standard output, either
`{"error": reason}` (nothing was run) or `{"status", "killed_by", "output", "truncated"}`.
It runs outside the worker so that neither forking nor counting ever holds up the event loop.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from . import identity, jail, kernel, meter
from .spec import Spec

_TICK_MS: Final = 25
_CHUNK_BYTES: Final = 65536


@dataclass
class _Run:
    """One sandbox that is going on, and what is known of it so far."""

    spec: Spec
    pid: int
    output: int
    report: int
    deadline: float
    text: bytes = b""
    killed_by: str | None = None
    truncated: bool = False


def main() -> None:
    """Carry out the run that standard input asks for."""
    try:
        answer = _carry_out(Spec.from_json(sys.stdin.buffer.read()))
    except Exception as error:  # the caller must learn why there is no sandbox
        answer = {"error": str(error) or type(error).__name__}
    os.write(1, json.dumps(answer).encode())


def _carry_out(spec: Spec) -> dict[str, Any]:
    if not meter.is_supported():
        return {"error": "the kernel does not list a process's children in /proc"}
    run, gate = _start(spec)
    try:
        _watch(run)
    finally:
        os.kill(run.pid, signal.SIGKILL)  # takes every process of its namespace along
        os.waitpid(run.pid, 0)
        os.close(gate)
    _read_output(run)
    return _answer(run)


def _start(spec: Spec) -> tuple[_Run, int]:
    gate_out, gate_in = os.pipe()
    output_out, output_in = os.pipe()
    report_out, report_in = os.pipe()
    pid = kernel.clone(kernel.ALL_NAMESPACES)
    if pid == 0:
        os.close(gate_in)
        os.close(output_out)
        os.close(report_out)
        jail.enter(spec, gate=gate_out, output=output_in, report=report_in)
    for end in (gate_out, output_in, report_in):
        os.close(end)
    os.set_blocking(output_out, False)
    run = _Run(spec, pid, output_out, report_out, time.monotonic() + spec.limits.wall_seconds)
    try:
        _map_identities(pid)
        os.write(gate_in, b"+")
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    return run, gate_in


def _map_identities(pid: int) -> None:
    own = Path("/proc/self/uid_map").read_text()
    ids = identity.mapping(os.geteuid(), os.getegid(), own, _draw)
    folder = Path(f"/proc/{pid}")
    if not ids.may_set_groups:
        (folder / "setgroups").write_text("deny")
    (folder / "uid_map").write_text(ids.uid_map)
    (folder / "gid_map").write_text(ids.gid_map)
    # short of memory, the kernel ends the sandbox before anything else
    (folder / "oom_score_adj").write_text("1000")


def _draw(below: int) -> int:
    # the module secrets would take as long to import as all of this takes to run
    return int.from_bytes(os.urandom(8), "big") % below


def _watch(run: _Run) -> None:
    """Wait until the program has ended or has to be ended."""
    poller = select.poll()
    poller.register(run.output, select.POLLIN)
    poller.register(run.report, select.POLLIN)
    poller.register(1, 0)  # reports an error once the worker is gone
    next_count = 0.0
    while run.killed_by is None:
        events = dict(poller.poll(_TICK_MS))
        if 1 in events or run.report in events:
            return
        if run.output in events and not _read_output(run):
            poller.unregister(run.output)
        if time.monotonic() >= next_count:
            run.killed_by = run.killed_by or _exceeded(run)
            next_count = time.monotonic() + _TICK_MS / 1000


def _read_output(run: _Run) -> bool:
    """Take what the program has written; return whether more may come."""
    most = run.spec.limits.output_bytes
    while len(run.text) <= most:
        try:
            chunk = os.read(run.output, _CHUNK_BYTES)
        except BlockingIOError:
            return True
        if not chunk:
            return False
        run.text += chunk
    run.text, run.truncated = run.text[:most], True
    run.killed_by = run.killed_by or "output"
    return False


def _exceeded(run: _Run) -> str | None:
    limits = run.spec.limits
    if time.monotonic() > run.deadline:
        return "wall_clock"
    use = meter.use_of(run.pid)
    if use.memory_bytes > limits.memory_bytes:
        return "memory"
    if use.cpu_seconds > limits.cpu_seconds + 1:
        return "cpu"
    return None


def _answer(run: _Run) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "status": None,
        "killed_by": run.killed_by,
        "output": run.text.decode("utf-8", "replace"),
        "truncated": run.truncated,
    }
    for line in os.read(run.report, _CHUNK_BYTES).splitlines():
        told = json.loads(line)
        if "error" in told:
            return {"error": told["error"]}
        answer.update(told)
    if answer["status"] is None and run.killed_by is None:
        answer["killed_by"] = "kernel"  # the first process died: out of memory, or the filter
    return answer
