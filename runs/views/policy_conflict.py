"""What somebody else saved while one was writing: said in full, with nothing of either lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from routing.core.policy_words import Difference
from runs.views.policy_versions import version_lines
from runs.views.policy_writing import Writing


@dataclass(frozen=True, slots=True)
class Conflict:
    """Say who saved which version meanwhile, and how it differs from what one began with."""

    version: int
    by: str
    at: datetime
    changes: tuple[Difference, ...]


def conflict_of(writing: Writing, version: int) -> Conflict:
    """Return the conflict; what is written is then the draft of the version after that."""
    assert writing.row is not None
    lines = version_lines(writing.row)
    since = [line for line in lines if line.version > (writing.version or 0)]
    newest = lines[0]
    writing.version = version
    changes = tuple(one for line in reversed(since) for one in line.changes)
    return Conflict(version, newest.by, newest.at, changes)
