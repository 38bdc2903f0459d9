"""What a tree of processes uses at this moment, read from /proc; changes with what is limited."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
_PROC: Final = Path("/proc")


@dataclass(frozen=True)
class Use:
    """Memory and CPU time of all processes of a tree together."""

    memory_bytes: int
    cpu_seconds: float


def use_of(root: int) -> Use:
    """Return what the process and all its descendants use."""
    memory = 0
    ticks = 0
    for pid in _tree(root):
        memory += _memory_bytes(pid)
        ticks += _cpu_ticks(pid)
    return Use(memory, ticks / _TICKS_PER_SECOND)


def _tree(root: int) -> list[int]:
    # Orphans are adopted by the namespace's first process, so that none leaves the tree.
    found = [root]
    for pid in found:
        found += _children(pid)
    return found


def _children(pid: int) -> list[int]:
    children: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
            text = Path(f"/proc/{pid}/task/{thread}/children").read_text()
            children += [int(word) for word in text.split()]
    except OSError:  # it ended meanwhile
        pass
    return children


def _memory_bytes(pid: int) -> int:
    """Return what is the process's own: anonymous, shared and swapped-out memory."""
    total = 0
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(("RssAnon:", "RssShmem:", "VmSwap:", "HugetlbPages:")):
                total += int(line.split()[1]) * 1024
    except OSError:
        pass
    return total


def _cpu_ticks(pid: int) -> int:
    """Return the time of the process and of the children that it has waited for."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    # the name stands in brackets and may hold anything; utime is the 12th field after it
    fields = text.rpartition(")")[2].split()
    return sum(int(value) for value in fields[11:15])


def is_supported() -> bool:
    """Return whether the kernel lists a process's children, as counting them needs."""
    return (_PROC / f"self/task/{os.getpid()}/children").exists()
