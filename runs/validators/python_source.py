"""Finds the Python files in a model's answer; changes with how answers name their files."""

from __future__ import annotations

import itertools
from typing import Final

from . import fences

_PYTHON: Final = frozenset({"py", "py3", "python", "python3", "pycon"})
SINGLE: Final = "test_output.py"


class NoPython(Exception):
    """The answer holds code, but none in Python."""


def python_files(output: str, *, joined: bool = True) -> dict[str, str]:
    """Return file name -> source. Code without a name is one file, `test_output.py`.

    `joined=False`: each nameless block is a file of its own, for what looks at each alone.
    Files of other kinds are kept where they are named: tests may read them.
    Raises: NoPython.
    """
    blocks = fences.fenced_blocks(output)
    if not blocks:
        return fences.files_in_comments(output) or {SINGLE: output.strip() + "\n"}
    files: dict[str, str] = {}
    for block in blocks:
        if block.name is not None:
            files[block.name] = block.text + "\n"
    unnamed = _unnamed_python(blocks)
    if joined and unnamed:
        unnamed = ["\n\n".join(unnamed)]
    for text in unnamed:
        files[_free_name(files)] = text + "\n"
    if not any(name.endswith(".py") for name in files):
        raise NoPython
    return files


def _unnamed_python(blocks: list[fences.Block]) -> list[str]:
    nameless = [block for block in blocks if block.name is None]
    marked = [block.text for block in nameless if block.language in _PYTHON]
    if marked or any(block.name for block in blocks):
        return marked  # what is neither marked nor named is a command line or sample output
    return [block.text for block in nameless if not block.language]


def _free_name(files: dict[str, str]) -> str:
    more = (f"test_output_{number}.py" for number in itertools.count(2))
    return next(name for name in itertools.chain([SINGLE], more) if name not in files)
