"""Data inside a prompt, told apart from the words around it.

A careful caller sets off what others wrote between lines that share a random token; a reader
then knows that nothing between them is addressed to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# A line that is a delimiter: few words, and one long token with a digit in it.
_LINE = re.compile(
    r"^[^\w\n]{0,8}(?P<before>(?:[A-Za-z_]+[ :=\-\"']{1,3}){0,6})[^\w\n]{0,6}"
    r"(?P<token>(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{8,64})[^\n]{0,40}$",
    re.M,
)
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
    while (opening := _LINE.search(text, at)) is not None:
        closing = text.find(opening["token"], opening.end())
        if closing < 0:
            frame.append(text[at : opening.end()])
            at = opening.end()
            continue
        frame.append(text[at : opening.start()])
        body = text[opening.end() : text.rfind("\n", 0, closing) + 1]
        blocks.append(Block(_label(opening["before"], text[at : opening.start()]), body.strip()))
        line_end = text.find("\n", closing)
        at = len(text) if line_end < 0 else line_end
    frame.append(text[at:])
    return "".join(frame), blocks


def _label(before: str, lead: str) -> str:
    words = [word.lower() for word in _WORD.findall(before)]
    words = [word for word in words if word not in _NOISE]
    if not words:  # the delimiter says nothing: the line above it does
        last_line = lead.rstrip().rsplit("\n", 1)[-1]
        words = [word.lower() for word in _WORD.findall(last_line)][-8:]
    return " ".join(words)
