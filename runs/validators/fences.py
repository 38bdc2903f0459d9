"""Reads Markdown code fences out of a model's answer; changes with how models wrap their work.

Source: CommonMark 0.31, section 4.5 (fenced code blocks).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_OPENING: Final = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*([^`\n]*)$")
_NAME: Final = r"[\w.-]+(?:/[\w.-]+)*\.\w+"
_NAME_IN_INFO: Final = re.compile(rf"(?:^|[\s:{{=\"'])({_NAME})(?=$|[\s}}\"'])")
_NAME_IN_COMMENT: Final = re.compile(
    rf"^\s*(?:#|//|/\*|<!--|%|--)\s*(?:(?:file|filename|path)\s*[:=]\s*(\S+)|({_NAME})\s*(?:\*/|-->)?\s*$)",
    re.IGNORECASE,
)
_FILE_COMMENT: Final = re.compile(r"^#\s*(?:file|filename)\s*:\s*(\S+)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Block:
    """One fenced block; `language` in lower case, `name` None where no file name is given."""

    language: str
    name: str | None
    text: str


def strip_fences(text: str) -> str:
    """Return what stands inside the fences, blocks one after the other; all of it if none do."""
    blocks = fenced_blocks(text)
    return "\n\n".join(block.text for block in blocks) if blocks else text.strip()


def unwrapped(text: str) -> str:
    """Return the text without a fence that encloses all of it; inner fences are kept."""
    lines = text.strip().splitlines()
    if len(lines) >= 2 and _OPENING.match(lines[0]) and len(fenced_blocks(text)) == 1:
        end = _closing(lines, 0)
        if end >= len(lines) - 1:
            return "\n".join(lines[1:end])
    return text.strip()


def fenced_blocks(text: str) -> list[Block]:
    """Return the fenced blocks in order; a fence that is never closed reaches to the end."""
    lines = text.splitlines()
    blocks: list[Block] = []
    position = 0
    quotes = 0  # a fence inside a docstring is part of the code
    while position < len(lines):
        opening = _OPENING.match(lines[position])
        if opening and quotes % 2 == 0:
            end = _closing(lines, position)
            blocks.append(_block(opening.group(2), lines[position + 1 : end]))
            position = end
        else:
            quotes += lines[position].count('"""') + lines[position].count("'''")
        position += 1
    return blocks


def _closing(lines: list[str], start: int) -> int:
    opening = _OPENING.match(lines[start])
    fence = opening.group(1) if opening else "```"
    closing = re.compile(rf"^ {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}\s*$")
    for position in range(start + 1, len(lines)):
        if closing.match(lines[position]):
            return position
    return len(lines)


def _block(info: str, lines: list[str]) -> Block:
    info = info.strip()
    language = re.split(r"[\s:{,]", info, maxsplit=1)[0].lower()
    name = _NAME_IN_INFO.search(info)
    if name is None:
        return Block(language, _name_in_comment(lines), "\n".join(lines))
    if name.group(1).lower() == language:  # the name alone stands where the language would
        language = language.rpartition(".")[2]
    return Block(language, name.group(1), "\n".join(lines))


def _name_in_comment(lines: list[str]) -> str | None:
    match = _NAME_IN_COMMENT.match(lines[0]) if lines else None
    return (match.group(1) or match.group(2)) if match else None


def files_in_comments(text: str) -> dict[str, str]:
    """Return the files of an unfenced text in which `# file: NAME` lines begin each one."""
    files: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.splitlines():
        match = _FILE_COMMENT.match(line)
        if match:
            current = files.setdefault(match.group(1), [])
        elif current is not None:
            current.append(line)
    return {name: "\n".join(lines) for name, lines in files.items()}
