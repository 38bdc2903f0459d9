"""What one run in the sandbox is told: its limits, its files and what it may see.

The values cross a pipe as JSON between the worker and the supervising process.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Final

MIB: Final = 1024 * 1024
WORK_FOLDER: Final = "/box"
INNER_ID: Final = 65534


@dataclass(frozen=True)
class Limits:
    """How much one run may use; the defaults suit a small test suite."""

    wall_seconds: float = 30.0
    cpu_seconds: int = 15  # of each process, and of all of them together
    memory_bytes: int = 512 * MIB  # resident, of all processes together
    address_space_bytes: int = 1024 * MIB  # of each process
    processes: int = 32  # threads count, too
    open_files: int = 128
    file_bytes: int = 16 * MIB
    disk_bytes: int = 32 * MIB
    disk_files: int = 2_000
    output_bytes: int = 256 * 1024


@dataclass(frozen=True)
class Spec:
    """One run: `binds` and `links` are (host path or target, path inside); `hidden` stays empty."""

    argv: list[str]
    files: dict[str, str]
    environment: dict[str, str]
    binds: list[list[str]]
    links: list[list[str]]
    hidden: list[str]
    limits: Limits = field(default_factory=Limits)

    def to_json(self) -> str:
        """Return the text that `from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> Spec:
        """Return the specification that the text holds."""
        values: dict[str, Any] = json.loads(text)
        return cls(**{**values, "limits": Limits(**values["limits"])})
