"""Data inside a prompt, told apart from the words around it.

A careful caller sets off what others wrote between lines that share a random token; a reader
then knows that nothing between them is addressed to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# A line that is a delimiter: brackets or rules around a few words and one long token.
_OPENING = re.compile(
    r"^[<\[({=#~*-]{1,8} ?(?P<before>(?:[A-Za-z_]+[ :=\-\"']{1,3}){0,6})"
    r"(?P<token>[A-Za-z0-9_-]{8,64})[\"']? ?[>\])}=#~*-]{1,8}[ \t]*$",
    re.M,
)
_RULES = "<[({=#~*/-"
_WORD = re.compile(r"[A-Za-z]+")
_NOISE = {"begin", "start", "end", "untrusted", "data", "text", "the", "of", "id", "token"}


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of data; `label`: the lower-case words that name it."""

    label: str
    text: str


def split(text: str) -> tuple[str, list[Block]]:
    """Return the words addressed to the reader, and the blocks of data between them."""
    frame: list[str] = []
    blocks: list[Block] = []
    at = 0
    while (opening := _OPENING.search(text, at)) is not None:
        closing = _closing_line(text, opening["token"], opening.end())
        if closing is None:
            frame.append(text[at : opening.end()])
            at = opening.end()
            continue
        frame.append(text[at : opening.start()])
        label = _label(opening["before"], text[at : opening.start()])
        blocks.append(Block(label, text[opening.end() : closing[0]].strip()))
        at = closing[1]
    frame.append(text[at:])
    return "".join(frame), blocks


def _closing_line(text: str, token: str, at: int) -> tuple[int, int] | None:
    """Return where the line starts and ends that closes a block, None if there is none."""
    while (found := text.find(token, at)) >= 0:
        start = text.rfind("\n", 0, found) + 1
        end = text.find("\n", found)
        end = len(text) if end < 0 else end
        if text[start] in _RULES:
            return start, end
        at = end
    return None


def _label(before: str, lead: str) -> str:
    words = [word.lower() for word in _WORD.findall(before)]
    words = [word for word in words if word not in _NOISE]
    if not words:  # the delimiter says nothing: the line above it does
        last_line = lead.rstrip().rsplit("\n", 1)[-1]
        words = [word.lower() for word in _WORD.findall(last_line)][-8:]
    return " ".join(words)
