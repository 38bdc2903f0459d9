"""Judges how long an output is; changes with what counts as an answer at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .fences import unwrapped
from .result import Verdict, failed, passed

MINIMUM_CHARACTERS: Final = 10
MAXIMUM_CHARACTERS: Final = 50_000


async def check(output: str, options: Mapping[str, Any]) -> Verdict:
    """Judge the number of characters, without an enclosing fence and outer blanks."""
    count = len(unwrapped(output).strip())
    if count < MINIMUM_CHARACTERS:
        return failed(f"{count} characters; at least {MINIMUM_CHARACTERS} are needed")
    if count > MAXIMUM_CHARACTERS:
        return failed(f"{count:,} characters; at most {MAXIMUM_CHARACTERS:,} are allowed")
    return passed(f"{count:,} characters")
