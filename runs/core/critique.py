"""What a reviewer's reply amounts to."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from runs.core.context import cut
from runs.core.plain_text import storable

MAX_CRITIQUE_CHARS: Final = 8_000
APPROVAL: Final = "NO PROBLEMS"
_APPROVALS: Final = frozenset(
    {
        "no problems",
        "no problems found",
        "no issues",
        "no issues found",
        "approved",
        "lgtm",
        "looks good to me",
    }
)
_LONGEST_APPROVAL: Final = 40
_NOT_A_LETTER: Final = re.compile(r"[^a-z]+")


class Critique(NamedTuple):
    """A reviewer's text, cut to size, and whether it finds nothing to change."""

    text: str
    is_approval: bool


def parse_critique(text: str) -> Critique:
    """Return the critique in a reply.

    An approval says so and nothing else: whatever stands beside it may be a problem. An
    empty reply approves of nothing.
    """
    stripped = storable(text).strip()
    words = (
        _NOT_A_LETTER.sub(" ", stripped.lower()).strip()
        if len(stripped) <= _LONGEST_APPROVAL
        else ""
    )
    is_approval = words in _APPROVALS
    return Critique(cut(stripped, MAX_CRITIQUE_CHARS), is_approval)
