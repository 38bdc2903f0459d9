"""Fenced blocks in a model's answer.

Source: CommonMark 0.31, section 4.5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_OPENING: Final = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: the words after its opening, its text, the last line said before it."""

    info: str
    body: str
    before: str


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks in order; one that is never closed runs to the end."""
    found: list[Block] = []
    before, opening, info = "", "", ""
    body: list[str] = []
    for line in text.splitlines():
        if opening:
            if _closes(line, opening):
                found.append(Block(info, _joined(body), before))
                before, opening = "", ""
            else:
                body.append(line)
        elif match := _OPENING.fullmatch(line):
            opening, info, body = match[1], match[2].strip(), []
        elif line.strip():
            before = line.strip()
    if opening:
        found.append(Block(info, _joined(body), before))
    return found


def prose(text: str) -> str:
    """Return what stands outside the fenced blocks."""
    outside: list[str] = []
    opening = ""
    for line in text.splitlines():
        if opening:
            opening = "" if _closes(line, opening) else opening
        elif match := _OPENING.fullmatch(line):
            opening = match[1]
        else:
            outside.append(line)
    return "\n".join(outside).strip()


def _closes(line: str, opening: str) -> bool:
    mark = line.strip()
    return len(mark) >= len(opening) and set(mark) == {opening[0]}


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
