"""Words taken from a request, so that a text is about what was asked."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Za-z][A-Za-z-]{3,24}")
_DULL_WORDS = """
about after against also answer answers array based before begin being between both build cases
clear code come complete core could create data decide delimiters does done each evaluate every
everything extract file first fits following from give given have help implement into items json
keep list made make module more most must name need needed needs object only other output over
parts please priority project prompt properties python reader reply required requirement result
review same says schema should show some string such summarise task tasks test tests text that
their them then there these they this those three type under untrusted using very want well what
when where which while will with within without work would write your
"""
_DULL = frozenset(_DULL_WORDS.split())


@lru_cache(maxsize=256)
def subjects(text: str, count: int = 4) -> tuple[str, ...]:
    """Return the telling words of a text in their order, padded to a count."""
    found: dict[str, None] = {}
    for match in _WORD.finditer(text[:4000]):
        word = match[0].lower()
        if word not in _DULL:
            found.setdefault(word)
            if len(found) == count:
                break
    padding = ("service", "input", "interface", "record", "report", "request", "rule", "store")
    return (*found, *(word for word in padding if word not in found))[:count]


def title(text: str, limit: int = 60) -> str:
    """Return the first sentence of a text as one short line."""
    line = next((line.strip(" #*-") for line in text.splitlines() if line.strip(" #*-")), "")
    line = re.split(r"(?<=[.!?])\s", line)[0].rstrip(".")
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0] + " …"
