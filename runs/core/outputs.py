"""The files that a task's output amounts to, under names that are safe to unpack.

Invariant: a name from here is relative, never climbs out, and opens no device on any system.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from runs.core.fences import Block, blocks, prose
from runs.core.rules import TaskType

MAX_FILES: Final = 200
MAX_PART_CHARS: Final = 80
MAX_PARTS: Final = 8

_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)", re.IGNORECASE)
_FORBIDDEN: Final = re.compile(r'[<>:"|?*]')
_DRIVE: Final = re.compile(r"^[A-Za-z]:")

_EXTENSIONS: Final = {
    TaskType.CODE_GENERATION: "py",
    TaskType.DATA_EXTRACTION: "json",
}
_LANGUAGES: Final = {
    "python": "py", "py": "py", "javascript": "js", "js": "js", "typescript": "ts", "ts": "ts",
    "json": "json", "html": "html", "css": "css", "sql": "sql", "bash": "sh", "sh": "sh",
    "yaml": "yaml", "toml": "toml", "go": "go", "rust": "rs", "java": "java", "c": "c",
    "cpp": "cpp", "latex": "tex", "tex": "tex", "csv": "csv", "xml": "xml",
}  # fmt: skip
# A reasoning task may hold a whole project; other texts only quote files.
_MAKES_FILES: Final = frozenset(
    {TaskType.CODE_GENERATION, TaskType.DATA_EXTRACTION, TaskType.COMPLEX_REASONING}
)
_FILE: Final = (
    r"[/\\]?(?:[\w.@+-]+[/\\])*(?:[\w.@+-]*\.[A-Za-z]\w{0,9}|Dockerfile|Makefile|Procfile)"
)
_IN_INFO: Final = re.compile(rf"(?:^|[\s:=\"'])({_FILE})(?=$|[\s\"'}}])")
_BEFORE: Final = re.compile(
    rf"(?:[#>*\s-]|\d{{1,3}}[.)]\s)*[*`\"]*(?:(?:file(?:name)?|path)\s*:[*\s]*)?[`*\"]*({_FILE})"
    r"[`*\"]*\s*:?[*\s]*",
    re.IGNORECASE,
)
_FIRST_LINE: Final = re.compile(
    rf"\s*(?:#|//|--|/\*|<!--|;|%)\s*(?:file(?:name)?\s*:\s*)?({_FILE})\s*(?:\*/|-->)?\s*",
    re.IGNORECASE,
)
_LONGEST_NAMING_LINE: Final = 150


@dataclass(frozen=True, slots=True)
class OutputFile:
    name: str
    content: str


def safe_name(name: str, fallback: str = "file") -> str:
    """Return a relative path with the sense of the name, whatever the name tries.

    `fallback` is used where nothing is left of it.
    """
    # Normalised first: some characters become slashes and dots only then.
    plain = unicodedata.normalize("NFKC", name[:2_000]).replace("\\", "/")
    parts = (_safe_part(part) for part in _DRIVE.sub("", plain).split("/"))
    kept = [part for part in parts if part]
    return "/".join(kept[-MAX_PARTS:]) or fallback


def unique_names(names: Iterable[str]) -> list[str]:
    """Return the safe names, numbered where two would collide on some file system."""
    taken = _Taken()
    return [taken.add(PurePosixPath(name)) for name in names]


def output_files(key: str, task_type: str, output: str) -> list[OutputFile]:
    """Return the files in a task's output, the first `MAX_FILES` of them.

    Fenced blocks that name a file become that file; a lone unnamed block becomes `<key>.<ext>`.
    Where more is said than that, the whole text is there as well, so that nothing is lost.
    """
    found = blocks(output) if task_type in _MAKES_FILES else []
    named = [(name, block.body) for block in found if (name := _named(block))]
    files = [OutputFile(safe_name(name), body) for name, body in named[:MAX_FILES]]
    stem = safe_name(key, "task").replace("/", "-")
    if not files and len(found) == 1:
        files = [OutputFile(f"{stem}.{_extension(task_type, found[0])}", found[0].body)]
    elif not found:
        return [OutputFile(f"{stem}.{_plain_extension(task_type)}", output)]
    if prose(output) or len(files) < len(found):
        files.append(OutputFile(f"{stem}.md", output))
    return files


def _safe_part(part: str) -> str:
    shown = "".join(char for char in part if not unicodedata.category(char).startswith("C"))
    clean = _FORBIDDEN.sub("_", shown).strip(" ")
    # Windows drops trailing dots and spaces, so they could hide a reserved name.
    cut = _shortened(clean).rstrip(". ")
    stem = cut.split(".", 1)[0].rstrip(" ")
    return f"_{cut}" if _RESERVED.fullmatch(stem) or cut.startswith(("-", "~")) else cut


def _shortened(part: str) -> str:
    if len(part) <= MAX_PART_CHARS:
        return part
    suffix = PurePosixPath(part).suffix[:16]
    return part[: MAX_PART_CHARS - len(suffix)] + suffix


class _Taken:
    """The files and folders of an archive, as a file system that ignores case sees them."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._last_number: dict[PurePosixPath, int] = {}

    def add(self, wanted: PurePosixPath) -> str:
        if any(_folded(folder) in self._files for folder in wanted.parents):
            wanted = PurePosixPath("-".join(wanted.parts))
        name = wanted
        while _folded(name) in self._files or _folded(name) in self._folders:
            number = self._last_number[wanted] = self._last_number.get(wanted, 1) + 1
            name = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
        self._files.add(_folded(name))
        self._folders.update(map(_folded, name.parents))
        return str(name)


def _folded(name: PurePosixPath) -> str:
    return str(name).casefold()


def _named(block: Block) -> str | None:
    """Return the file that a block's opening, its first line or the line before it names."""
    first_line = block.body.split("\n", 1)[0]
    for pattern, line, find in (
        (_IN_INFO, block.info, re.Pattern.search),
        (_FIRST_LINE, first_line, re.Pattern.fullmatch),
        (_BEFORE, block.before, re.Pattern.fullmatch),
    ):
        match = find(pattern, line) if len(line) <= _LONGEST_NAMING_LINE else None
        if match:
            return match[1]
    return None


def _extension(task_type: str, block: Block) -> str:
    language = block.info.split(" ", 1)[0].lower()
    return _LANGUAGES.get(language) or _plain_extension(task_type)


def _plain_extension(task_type: str) -> str:
    return _EXTENSIONS.get(TaskType(task_type), "md")
