"""Words taken from a request, so that a text is about what was asked."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Za-z][A-Za-z-]{3,24}")
_DULL = frozenset(
    "about after against also answer based before begin being between both build cases clear come "
    "complete could create data delimiters does each every everything following from give given "
    "have help into json keep list made make more most must need needs only other output over "
    "please project prompt python reply should show some such task tasks text that their them then "
    "there these they this those three under untrusted using very want well what when where which "
    "while will with within without work would write your".split()
)


def subjects(text: str, count: int = 4) -> list[str]:
    """Return the telling words of a text in their order, padded to a count."""
    found: dict[str, None] = {}
    for match in _WORD.finditer(text[:4000]):
        word = match[0].lower()
        if word not in _DULL:
            found.setdefault(word)
            if len(found) == count:
                break
    padding = ("service", "input", "interface", "record", "report", "request", "rule", "store")
    return [*found, *(word for word in padding if word not in found)][:count]


def title(text: str, limit: int = 60) -> str:
    """Return the first sentence of a text as one short line."""
    line = next((line.strip(" #*-") for line in text.splitlines() if line.strip(" #*-")), "")
    line = re.split(r"(?<=[.!?])\s", line)[0].rstrip(".")
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0] + " …"
